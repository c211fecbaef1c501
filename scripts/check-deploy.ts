import { join } from 'node:path';
import { main as checkClients } from './check-clients.ts';
import { preparePython, reportSkipped } from './prepare-python.ts';
import { runProgram } from './run-program.ts';

/**
 * `npm run check:deploy`: lints the packaged template with cfn-lint, deploys it to a moto server, and
 * runs `npm run check:clients`. If the programs cannot be installed, it prints a clear warning and
 * succeeds.
 */
export async function main(): Promise<number> {
  const deployed = await checkDeployed();
  const clients = await checkClients();
  return deployed === 0 ? clients : deployed;
}

async function checkDeployed(): Promise<number> {
  const python = await preparePython('check-deploy', 'cfn-lint and moto');
  if ('missing' in python) {
    reportSkipped('npm run check:deploy', python.missing);
    return 0;
  }
  const script = join(import.meta.dirname, 'check-deploy/check_deploy.py');
  const { code } = await runProgram(join(python.bin, 'python'), [script], { stdio: 'inherit' });
  return code;
}
