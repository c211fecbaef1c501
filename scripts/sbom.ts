import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../lib/user-error.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The part of a CycloneDX document that is read or changed here. */
export interface Sbom {
  bomFormat: string;
  specVersion: string;
  metadata: { component: { 'bom-ref': string; name: string } };
  components: {
    'bom-ref': string;
    name: string;
    scope?: string;
    hashes?: { alg: string; content: string }[];
    properties?: { name: string; value: string }[];
  }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/**
 * `npm run -s sbom > sbom.json`: the CycloneDX document of what is deployed, from the lock file.
 * `-- --all` adds the development tools.
 * @returns the exit code
 */
export async function main(args: string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== '--all');
  if (unknown) throw new UserError(`npm run -s sbom [-- --all]: ${unknown} is not an option`);
  const document = await describeLockFile();
  const { name, dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  // npm names the component after the folder.
  document.metadata.component.name = name;
  const sbom = args.includes('--all')
    ? document
    : keepDeployed(document, Object.keys(dependencies));
  process.stdout.write(`${JSON.stringify(sbom, null, 2)}\n`);
  return 0;
}

/**
 * The document without what only development needs. `npm sbom --omit dev` cannot do this: it leaves
 * out packages that production shares with a peer dependency of a development tool
 * (npm 11: the SQS client among them).
 * @param production the names in `dependencies` of package.json
 */
export function keepDeployed(document: Sbom, production: string[]): Sbom {
  const dependsOn = new Map(document.dependencies.map((one) => [one.ref, one.dependsOn]));
  const rootRef = document.metadata.component['bom-ref'];
  const isProduction = (ref: string) => production.some((name) => ref.startsWith(`${name}@`));
  const direct = (dependsOn.get(rootRef) ?? []).filter(isProduction);
  const kept = new Set<string>();
  const queue = [...direct];
  for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
    if (kept.has(ref)) continue;
    kept.add(ref);
    queue.push(...(dependsOn.get(ref) ?? []));
  }
  return {
    ...document,
    components: document.components
      .filter((component) => kept.has(component['bom-ref']))
      .map((component) => ({
        ...component,
        scope: 'required',
        properties: (component.properties ?? []).filter(
          (property) => property.name !== 'cdx:npm:package:development',
        ),
      })),
    dependencies: [
      { ref: rootRef, dependsOn: direct },
      ...document.dependencies.filter(({ ref }) => kept.has(ref)),
    ],
  };
}

/** @throws UserError where npm cannot describe the lock file */
function describeLockFile(): Promise<Sbom> {
  const args = 'sbom --sbom-format cyclonedx --sbom-type application --package-lock-only'.split(
    ' ',
  );
  return new Promise((resolve, reject) => {
    const child = spawn('npm', args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.on('error', () => reject(new UserError('npm could not be started')));
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new UserError(`npm sbom ended with ${code}; it needs npm 10 or later`));
    });
  });
}
