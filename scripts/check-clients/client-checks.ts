import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = import.meta.dirname;
const document = join(root, 'schemas/openapi.json');

/** Programs that are run one after the other, until one fails. */
export interface ClientCheck {
  name: string;
  steps: { command: string; args: string[]; cwd?: string; env?: Record<string, string> }[];
}

export interface Place {
  /** The folder of the Python environment's programs. */
  bin: string;
  /** Gets what is generated. */
  folder: string;
  api: { url: string; token: string };
}

/** The clients that are generated and run, and the test by schemathesis. */
export function clientChecks(place: Place): ClientCheck[] {
  return [
    checkGeneratedPython(place),
    checkGeneratedFetch(place),
    checkPythonClient(place),
    checkWithSchemathesis(place),
  ];
}

const generate = ({ bin }: Place, generator: string, output: string) => ({
  command: join(bin, 'openapi-generator-cli'),
  args: ['generate', '-i', document, '-g', generator, '-o', output].concat(
    // By default some of the generated clients refuse fields that a later version adds.
    ['--additional-properties', 'disallowAdditionalPropertiesIfNotPresent=false'],
  ),
});

function checkGeneratedPython(place: Place): ClientCheck {
  const output = join(place.folder, 'python');
  const script = join(here, 'add_by_openapi_generator.py');
  return {
    name: 'openapi-generator, Python',
    steps: [
      generate(place, 'python', output),
      { command: join(place.bin, 'python'), args: [script], env: { PYTHONPATH: output } },
    ],
  };
}

function checkGeneratedFetch(place: Place): ClientCheck {
  const output = join(place.folder, 'fetch');
  const client = join(output, 'client');
  const program = join(here, 'typescript-fetch/add-by-fetch-client.ts');
  const bundle = join(output, 'add.mjs');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const settings = {
    // The program imports the generated client by this name.
    compilerOptions: {
      strict: true,
      noEmit: true,
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      lib: ['es2022', 'dom'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      paths: { 'generated-client': [join(client, 'index.ts')] },
    },
    files: [program],
  };
  const config = join(output, 'tsconfig.json');
  const write = `require('node:fs').writeFileSync(${JSON.stringify(config)}, ${JSON.stringify(JSON.stringify(settings))})`;
  return {
    name: 'openapi-generator, TypeScript (fetch), under --strict',
    steps: [
      generate(place, 'typescript-fetch', client),
      { command: process.execPath, args: ['-e', write] },
      { command: process.execPath, args: [tsc, '--project', config] },
      {
        command: join(root, 'node_modules/.bin/esbuild'),
        args: [
          program,
          '--bundle',
          '--platform=node',
          '--format=esm',
          `--outfile=${bundle}`,
        ].concat(`--tsconfig=${config}`),
      },
      { command: process.execPath, args: [bundle] },
    ],
  };
}

function checkPythonClient({ bin, folder }: Place): ClientCheck {
  const output = join(folder, 'openapi-python-client');
  const client = join(output, 'adder_client');
  const script = join(here, 'add_by_openapi_python_client.py');
  return {
    name: 'openapi-python-client',
    steps: [
      {
        command: join(bin, 'openapi-python-client'),
        args: ['generate', '--path', document, '--meta', 'none', '--output-path', client].concat(
          '--fail-on-warning',
        ),
      },
      { command: join(bin, 'python'), args: [script], env: { PYTHONPATH: output } },
    ],
  };
}

function checkWithSchemathesis({ bin, folder, api }: Place): ClientCheck {
  const settings = ['--max-examples', '10', '--seed', '1', '--request-timeout', '30', '--no-color'];
  // A cancelled request can still be read, unlike a deleted resource.
  const checks = ['--exclude-checks', 'use_after_free'];
  return {
    name: 'schemathesis finds no contradiction between the document and the system',
    steps: [
      {
        command: join(bin, 'schemathesis'),
        args: ['run', document, '--url', api.url, '--header', `Authorization: Bearer ${api.token}`]
          .concat(settings)
          .concat(checks),
        // It leaves a cache in its working directory.
        cwd: folder,
        env: { PYTHONPATH: here, SCHEMATHESIS_HOOKS: 'schemathesis_hooks' },
      },
    ],
  };
}
