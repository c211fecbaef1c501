const { isBuiltin } = require('node:module');
const { dirname } = require('node:path');

const CREDENTIAL_CHAIN = '@aws-sdk/credential-provider-node';

/**
 * Replaces the SDK's default credential chain by the provider that reads the environment, where Lambda
 * puts a function's credentials. The chain also knows shared files, SSO, web identities, processes and
 * two metadata services, which is 90 KB that each cold start would read.
 * @type {import('esbuild').Plugin}
 */
const credentialsFromEnvironment = {
  name: 'credentials-from-environment',
  setup(build) {
    const matches = failIfUnused(build, `nothing imports ${CREDENTIAL_CHAIN}`);
    const filter = new RegExp(`^${CREDENTIAL_CHAIN}$`);
    build.onResolve({ filter }, async ({ path, pluginData, ...origin }) => {
      if (pluginData === CREDENTIAL_CHAIN) return undefined;
      matches.count += 1;
      const chain = await build.resolve(path, { ...origin, pluginData: CREDENTIAL_CHAIN });
      // The chain's own dependency, found from where the chain lies, has the version that fits.
      return { path, namespace: 'credentials', pluginData: dirname(chain.path) };
    });
    build.onLoad({ filter: /.*/, namespace: 'credentials' }, ({ pluginData: resolveDir }) => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
      resolveDir,
    }));
  },
};

/**
 * Takes of Node's own modules only the names that are imported. An ES import of `node:http` reads each
 * of its exports, and those that are made on first use (WebSocket and its events) then load all of
 * fetch: some 30 ms of a cold start (docs/performance.md).
 * @type {import('esbuild').Plugin}
 */
const builtinsByName = {
  name: 'builtins-by-name',
  setup(build) {
    const matches = failIfUnused(build, "nothing imports any of Node's own modules");
    build.onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      matches.count += 1;
      return { path, namespace: kind === 'import-statement' ? 'builtin' : 'whole-builtin' };
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const names = Object.keys(require(path)).filter((name) => IDENTIFIER.test(name));
      return {
        contents: [
          `const builtin = /* @__PURE__ */ process.getBuiltinModule('${path}');`,
          'export { builtin as default };',
          // In a function that is called here and marked as pure, so that esbuild may leave it out.
          ...names.flatMap((name, index) => [
            `const name${index} = /* @__PURE__ */ (() => builtin.${name})();`,
            `export { name${index} as ${name} };`,
          ]),
        ].join('\n'),
      };
    });
    // By `import()` or `require`, which give no names.
    build.onLoad({ filter: /.*/, namespace: 'whole-builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

const IDENTIFIER = /^(?!default$)[A-Za-z_$][\w$]*$/;

/**
 * Fails the build if a plugin has replaced nothing: a package that was renamed would otherwise switch
 * the plugin off unnoticed. The plugin counts its matches in what this returns.
 */
function failIfUnused(build, what) {
  const matches = { count: 0 };
  build.onStart(() => {
    matches.count = 0;
  });
  build.onEnd(({ errors }) => {
    if (matches.count > 0 || errors.length > 0) return undefined;
    const text = `${what}: the plugin does nothing any more. Fix or remove it in esbuild.plugins.cjs.`;
    return { errors: [{ text }] };
  });
  return matches;
}

module.exports = [credentialsFromEnvironment, builtinsByName];
