import { join } from 'node:path';
import { main as checkClients } from './check-clients.ts';
import { preparePython, reportSkipped } from './prepare-python.ts';
import { runProgram } from './run-program.ts';

/** What is checked, and the tools that it needs besides those of the check itself. */
const CHECKS = [
  { name: 'moto', script: 'check_deploy.py' },
  { name: 'ministack', script: 'check_deploy.py', tools: 'ministack' },
  {
    name: 'scanners',
    script: 'scan_template.py',
    tools: 'checkov, cfripper, parliament and cloudsplaining',
  },
];

/**
 * `npm run check:deploy`: deploys to two emulators of AWS, scans the packaged template, and runs
 * `npm run check:clients`. What cannot be installed is skipped with a clear warning, and the command
 * succeeds without it.
 */
export async function main(): Promise<number> {
  const deployed = await checkDeployed();
  const clients = await checkClients();
  return deployed === 0 ? clients : deployed;
}

async function checkDeployed(): Promise<number> {
  const base = await preparePython('check-deploy', 'cfn-lint and moto');
  if ('missing' in base) {
    reportSkipped('npm run check:deploy', base.missing);
    return 0;
  }
  const runs: Promise<number>[] = [];
  for (const { name, script, tools } of CHECKS) {
    const args = [join(import.meta.dirname, 'check-deploy', script), name];
    if (tools) {
      const python = await preparePython(`check-deploy/${name}`, tools);
      if ('missing' in python) {
        reportSkipped(`npm run check:deploy, as far as ${name} goes`, python.missing);
        continue;
      }
      args.push(join(python.bin, 'python'));
    }
    runs.push(report(join(base.bin, 'python'), args));
  }
  return Math.max(...(await Promise.all(runs)));
}

/** The checks run at the same time, and each is printed as a whole. */
async function report(python: string, args: string[]): Promise<number> {
  const { code, output } = await runProgram(python, args);
  process.stdout.write(output);
  return code;
}
