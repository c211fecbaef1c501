import process from 'node:process';
import { SAMPLE_CLIENT } from '../../local/genesys/sample-organisation.ts';
import { startGenesys } from '../../local/genesys/start-genesys.ts';

// Runs the stand-in Genesys Cloud for check_deploy.py, which reads this line and ends the process.
const { url } = await startGenesys();
process.stdout.write(`${JSON.stringify({ url, ...SAMPLE_CLIENT })}\n`);
