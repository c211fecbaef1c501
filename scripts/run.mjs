// Entry of every npm script that runs code of this repository: `node scripts/run.mjs PATH …` imports
// PATH.ts (from the repository root) and calls its `main(args)`, if it exports one. Plain JavaScript, so
// that a Node without support for TypeScript can print an error.
import process from 'node:process';
import './require-node.mjs';

const [path = '', ...args] = process.argv.slice(2);

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

if (!/^[a-z-]+\/[a-z-]+$/.test(path)) fail('Usage: node scripts/run.mjs FOLDER/NAME [arguments]');

// Hides the warning about node:sqlite, which fauxqs imports and nothing here uses.
const emitWarning = process.emitWarning;
process.emitWarning = (warning, ...rest) => {
  if (!/SQLite is an experimental feature/.test(String(warning))) {
    emitWarning.call(process, warning, ...rest);
  }
};

// End when npm is killed. Other signals arrive anyway: npm forwards them to the shell, which is this
// process because the scripts use `exec`.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 200).unref();
}

// The reader of a pipe may end first, as with `| head -1`.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  const { main } = await import(`../${path}.ts`);
  const exitCode = await main?.(args);
  if (typeof exitCode === 'number') process.exitCode = exitCode;
} catch (error) {
  const { describeError } = await import('./describe-error.ts');
  fail(describeError(error ?? {}));
}
