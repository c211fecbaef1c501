// The direction of imports. An arrow that is not allowed here fails `npm test`.
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle cannot be read from top to bottom.',
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
      name: 'adapters-are-independent',
      severity: 'error',
      comment:
        'genesys, webhook, records and aws depend on the domain and the HTTP client, never on each other.',
      from: { path: '^lib/(genesys|webhook|aws|records)/' },
      to: {
        path: '^(lib|functions)/',
        pathNot: ['^lib/(domain|http)/', '^lib/$1/'],
      },
    },
    {
      name: 'http-is-a-leaf',
      severity: 'error',
      comment: 'The HTTP client depends on nothing else in the repository.',
      from: { path: '^lib/http/' },
      to: { path: '^(lib|functions)/', pathNot: ['^lib/http/'] },
    },
    {
      name: 'lib-does-not-import-functions',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^functions/' },
    },
    {
      name: 'functions-are-independent',
      severity: 'error',
      comment: 'What two Lambdas share belongs in lib.',
      from: { path: '^functions/([^/]+)/' },
      to: { path: '^functions/', pathNot: ['^functions/$1/'] },
    },
    {
      name: 'lambdas-do-not-import-tooling',
      severity: 'error',
      comment: 'What is deployed depends on nothing that is not.',
      from: { path: '^(lib|functions)/' },
      to: { path: '^(cli|local|scripts|test|bench)/' },
    },
    {
      name: 'local-system-stands-alone',
      severity: 'error',
      comment: 'The local system is a product of its own: it depends on no test and no benchmark.',
      from: { path: '^(local|cli)/' },
      to: { path: '^(scripts|test|bench)/' },
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
