import process from 'node:process';
import { SAMPLE_CLIENT } from '../local/genesys/sample-organisation.ts';
import { startGenesys } from '../local/genesys/start-genesys.ts';

/**
 * Runs the stand-in Genesys Cloud alone, until the process is ended. Prints its URL and OAuth client as one
 * line of JSON, which the deployment check reads.
 */
export async function main(): Promise<void> {
  const { url } = await startGenesys();
  process.stdout.write(`${JSON.stringify({ url, ...SAMPLE_CLIENT })}\n`);
}
