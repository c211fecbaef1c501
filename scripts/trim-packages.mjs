// Runs after `npm install`: removes the parts of packages that nothing here reads, about 100 MB of 490.
// Plain JavaScript, because it also runs on the oldest Node that npm itself supports.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = `${root}/node_modules`;
const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const isOurs = (name) => name in dependencies || name in devDependencies;

/** Removes files or folders of a package, if it is installed. */
function remove(name, paths) {
  for (const path of paths) rmSync(`${packages}/${name}/${path}`, { recursive: true, force: true });
}

/** Names of installed packages that match, in a scope or outside of all. */
function installed(pattern, scope = '') {
  const names = readdirSync(`${packages}/${scope}`).map((name) => `${scope}${name}`);
  return names.filter((name) => pattern.test(name));
}

// Node for npm scripts: C++ headers, and manual pages.
for (const name of installed(/^node-(linux|win|darwin|bin-darwin)-\w+$/))
  remove(name, ['include', 'share']);

// AWS clients that only the tools use, which load CommonJS: types, and ES modules for bundlers.
for (const name of installed(/^@aws-sdk\/client-/, '@aws-sdk/')) {
  if (!isOurs(name)) remove(name, ['dist-types', 'dist-es']);
}

// The vendor's SDK: builds for browsers, and sources.
remove('purecloud-platform-client-v2', ['dist/web-amd', 'dist/web-cjs', 'src']);

// serverless-offline can run Java, and its HTTP client brings streams that Node has.
remove('java-invoke-local', ['build']);
remove('web-streams-polyfill', ['dist', 'es6', 'es2018', 'ponyfill']);

// Source maps. Node does not read them by default, and we do not debug packages.
for (const file of readdirSync(packages, { recursive: true })) {
  if (file.endsWith('.map')) rmSync(`${packages}/${file}`, { force: true });
}
