/**
 * The value of `provider.stage`, which osls resolves first. So this file also loads the settings of the
 * stage and refuses another program or an old Node with one line. Plain CommonJS for an old Node.
 */
const { existsSync, realpathSync } = require('node:fs');
const { join, sep } = require('node:path');
const process = require('node:process');

const NEEDED_MAJOR = 24;
const ROOT = join(__dirname, '../..');

module.exports = async ({ options }) => {
  refuseOldNode();
  refuseOtherProgram();
  const stage = options.stage || 'dev';
  if (!/^[A-Za-z0-9-]+$/.test(stage)) {
    refuse(`--stage must be letters, digits and hyphens, not "${stage}".`);
  }
  const { loadSettings } = await import('../../cli/load-settings.ts');
  loadSettings(stage, ROOT);
  return stage;
};

function refuseOldNode() {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) return;
  refuse(
    `Node ${NEEDED_MAJOR} or newer is needed, this is ${process.versions.node}. Run it as npx serverless after npm ci, which brings one along, or install Node ${NEEDED_MAJOR}.`,
  );
}

/** Serverless Framework 4 would read this file too. It requires a licence and packages differently. */
function refuseOtherProgram() {
  const installed = join(ROOT, 'node_modules/serverless');
  if (existsSync(installed)) {
    const program = realpathSync(installed) + sep;
    if (Object.keys(require.cache).some((file) => file.startsWith(program))) return;
  }
  refuse(
    'This is not the serverless program of this repository (osls 4). Run npm ci, then npx serverless.',
  );
}

function refuse(message) {
  // Without a stack, osls prints only the message.
  throw Object.assign(new Error(message), { stack: message });
}
