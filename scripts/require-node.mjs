// Ends the process with one line if Node is too old. Plain JavaScript, so that an old Node can run it.
import process from 'node:process';

const NEEDED_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED_MAJOR) {
  process.stderr.write(
    `Node ${NEEDED_MAJOR} or newer is needed, this is ${process.versions.node}. npm ci installs it for npm scripts on Linux, macOS and Windows (x64); elsewhere install Node ${NEEDED_MAJOR} first.\n`,
  );
  process.exit(1);
}
