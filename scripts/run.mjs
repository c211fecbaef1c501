// The entry of every npm script that runs code of this repository: `node scripts/run.mjs PATH …`
// imports PATH.ts (from the repository root) and calls its `main(args)`, if it exports one. Plain JavaScript, so that a Node that is too old to
// read TypeScript can still say so.
import process from 'node:process';
import './require-node.mjs';

const [path = '', ...args] = process.argv.slice(2);

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

if (!/^[a-z-]+\/[a-z-]+$/.test(path)) fail('Usage: node scripts/run.mjs FOLDER/NAME [arguments]');

// node:sqlite, which fauxqs imports and nothing here uses, announces itself as experimental.
const emitWarning = process.emitWarning;
process.emitWarning = (warning, ...rest) => {
  if (!/SQLite is an experimental feature/.test(String(warning))) {
    emitWarning.call(process, warning, ...rest);
  }
};

// Whoever ends npm the hard way wants this to end as well. (The signals of every day come through:
// npm passes them on to the shell, which is this process because the scripts say `exec`.)
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 200).unref();
}

// The reader of a pipe may end first, as `| head -1` does. What it did not read is not missing.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  const { main } = await import(`../${path}.ts`);
  const exitCode = await main?.(args);
  if (typeof exitCode === 'number') process.exitCode = exitCode;
} catch (error) {
  // What a person can mend is one line; anything else is a defect, and its stack is wanted.
  fail(['UserError', 'ConfigError'].includes(error?.name) ? error.message : error?.stack);
}
