const { isBuiltin } = require('node:module');

/**
 * What the AWS SDK brings along for other places than Lambda, and what the bundles get instead. It is
 * nearly half of the SDK's code, all of it read and some of it run at every cold start.
 * test/deploy/bundles.test.ts shows the bundles without it; the packaged functions are run in
 * test/deploy/packaged-functions.test.ts.
 */
const replacements = [
  {
    // Lambda hands a function its credentials in the environment, always. The default chain also looks
    // into shared files, SSO, a web identity, a process and two metadata services (135 KB).
    module: /^@aws-sdk\/credential-provider-node$/,
    contents: `
      export const defaultProvider = () => async () => {
        const env = process.env;
        const missing = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].filter((name) => !env[name]);
        if (missing.length > 0) {
          const error = new Error(
            'No AWS credentials: ' + missing.join(' and ') + ' not set. This bundle takes them ' +
            'from the environment only, where Lambda puts them.');
          error.name = 'CredentialsProviderError';
          throw error;
        }
        return {
          accessKeyId: env.AWS_ACCESS_KEY_ID,
          secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
          ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
        };
      };`,
  },
  {
    // No operation of SQS or Secrets Manager streams (15 KB).
    module: /^@smithy\/core\/event-streams$/,
    contents: `
      export class EventStreamSerde {
        constructor() { throw new Error('Event streams are left out of this bundle.'); }
      }
      export const eventStreamSerdeProvider = undefined;`,
  },
  {
    // There is no ~/.aws in Lambda. Settings come from the environment.
    module: /\/loadSharedConfigFiles$/,
    contents: `
      export const CONFIG_PREFIX_SEPARATOR = '.';
      export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  },
  {
    // Asks an EC2 machine where it is. Lambda says so in AWS_REGION.
    module: /\/getInstanceMetadataRegion$/,
    contents: 'export const getInstanceMetadataRegion = async () => undefined;',
  },
  {
    // Our clients have a request handler of their own (lib/aws/request-handler.ts), whose answers are
    // bytes and no streams.
    module: /^@smithy\/node-http-handler$/,
    contents: `
      export class NodeHttpHandler {
        static create(handler) {
          if (typeof handler?.handle === 'function') return handler;
          throw new Error('The HTTP handler of the AWS SDK is left out of this bundle: give the client a requestHandler.');
        }
      }
      export const streamCollector = undefined;`,
  },
  {
    // What we send and read are texts and numbers, which JSON has. The SDK's codec walks through each
    // by its schema, for the sake of blobs, of numbers that JavaScript has not, and of timestamps
    // (CreatedDate of a secret, which nobody here reads, stays the number that it travels as).
    module: /\/JsonCodec2$/,
    contents: `
      export class JsonCodec2 {
        setSerdeContext() {}
        createSerializer() {
          let text;
          return {
            write(schema, value) { text = JSON.stringify(value); },
            flush: () => text,
            setSerdeContext() {},
          };
        }
        createDeserializer() {
          return {
            read: async (schema, bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')),
            readObject: (schema, value) => value,
            setSerdeContext() {},
          };
        }
      }`,
  },
  {
    // Every body is text. To ask whether it is a file would load Node's file streams.
    module: /\/calculateBodyLength$/,
    contents: "export const calculateBodyLength = (body) => Buffer.byteLength(body ?? '');",
  },
  {
    // Ids of single sends. The SDK's own would load Web Crypto for them.
    module: /\/uuid\/v4$/,
    contents: `
      import { randomUUID } from 'node:crypto';
      export const bindV4 = () => randomUUID;`,
  },
  {
    // For places whose node:crypto lacks the two.
    module: /\/(Sha256Js|Md5Js)$/,
    contents: 'export const Sha256Js = undefined; export const Md5Js = undefined;',
  },
];

/** @type {import('esbuild').Plugin} */
const onlyWhatLambdaUses = {
  name: 'only-what-lambda-uses',
  setup(build) {
    for (const [index, { module }] of replacements.entries()) {
      build.onResolve({ filter: module }, () => ({
        path: String(index),
        namespace: 'only-what-lambda-uses',
      }));
    }
    build.onLoad({ filter: /.*/, namespace: 'only-what-lambda-uses' }, ({ path }) => ({
      contents: replacements[Number(path)].contents,
    }));
    // A client wants its own version. The rest of its package.json would come along (2.4 KB each).
    build.onLoad({ filter: /@aws-sdk\/client-[^/]+\/package\.json$/ }, ({ path }) => ({
      contents: JSON.stringify({ version: require(path).version }),
      loader: 'json',
    }));
  },
};

/**
 * Node's own modules, without the parts that nobody asked for. An ES import of `node:http` reads each
 * of its exports, and those that are made on first use (WebSocket and its events) then load all of
 * fetch: some 30 ms of a cold start (docs/performance.md). Here a name is read if something imports it.
 * @type {import('esbuild').Plugin}
 */
const builtinsByName = {
  name: 'builtins-by-name',
  setup(build) {
    build.onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path, kind }) =>
      isBuiltin(path)
        ? { path, namespace: kind === 'import-statement' ? 'builtin' : 'whole-builtin' }
        : undefined,
    );
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

module.exports = [onlyWhatLambdaUses, builtinsByName];
