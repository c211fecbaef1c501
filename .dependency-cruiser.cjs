// The direction of imports. An arrow that is not allowed here fails `npm test`.
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle has no reading order.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'lib/domain decides: no I/O, no clock, no environment, nothing but zod.',
      from: { path: '^lib/domain/' },
      to: { pathNot: ['^lib/domain/', '^node_modules/zod/'] },
    },
    {
      name: 'adapters-stay-apart',
      severity: 'error',
      comment: 'genesys, webhook and aws know the domain and the HTTP client, never each other.',
      from: { path: '^lib/(genesys|webhook|aws)/' },
      to: {
        path: '^(lib|functions)/',
        pathNot: ['^lib/(domain|http)/', '^lib/$1/'],
      },
    },
    {
      name: 'http-knows-nobody',
      severity: 'error',
      comment: 'The HTTP client serves all and knows none of them.',
      from: { path: '^lib/http/' },
      to: { path: '^(lib|functions)/', pathNot: ['^lib/http/'] },
    },
    {
      name: 'lib-does-not-know-functions',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^functions/' },
    },
    {
      name: 'functions-stay-apart',
      severity: 'error',
      comment: 'What two Lambdas share belongs in lib.',
      from: { path: '^functions/([^/]+)/' },
      to: { path: '^functions/', pathNot: ['^functions/$1/'] },
    },
    {
      name: 'nobody-imports-tooling',
      severity: 'error',
      comment: 'local, test and bench may import anything; nothing imports them.',
      from: { path: '^(lib|functions)/' },
      to: { path: '^(local|test|bench)/' },
    },
    {
      name: 'no-dev-dependencies-in-lambdas',
      severity: 'error',
      from: { path: '^(lib|functions)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js', '.json'] },
  },
};
