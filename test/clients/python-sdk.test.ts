import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import {
  FREE_USERS,
  PLATFORM_CONVERSATION,
  SAMPLE_CLIENT,
  SAMPLE_USERS,
} from '../../local/genesys/sample-organisation.ts';
import { startGenesys } from '../../local/genesys/start-genesys.ts';

/** A Python 3 that has the package PureCloudPlatformClientV2. */
const python = process.env.GENESYS_PYTHON;
const run = promisify(execFile);
const program = fileURLToPath(new URL('./drive-stand-in.py', import.meta.url));

if (!python) {
  process.stderr.write(
    'Skipped: the stand-in against the vendor SDK for Python. Set GENESYS_PYTHON to a Python that has PureCloudPlatformClientV2.\n',
  );
}

(python ? test : test.skip)(
  'the vendor SDK for Python drives the stand-in, and knows every value that it sends',
  async () => {
    const genesys = await startGenesys();
    try {
      const { clientId, clientSecret } = SAMPLE_CLIENT;
      const [user = ''] = FREE_USERS;
      const { stdout } = await run(python ?? '', [
        ...[program, genesys.url, clientId, clientSecret],
        ...[PLATFORM_CONVERSATION, SAMPLE_USERS.ada, user],
      ]);
      const rung = [
        { userId: user, roles: ['full'], states: ['alerting'] },
        { address: 'tel:+15551234567', purpose: 'external', states: ['contacting'] },
      ];
      expect(JSON.parse(stdout)).toMatchObject({
        before: [{ purpose: 'customer' }, { purpose: 'acd' }, { userId: SAMPLE_USERS.ada }],
        user: [user, 'active', 'Available'],
        added: [{}, {}, {}, ...rung],
        after: [{}, {}, {}, { userId: user }, { address: 'tel:+15551234567' }],
        withoutActingUser: [400, 'not.a.user'],
        unknownConversation: [404, 'not.found'],
        unknownUser: [404, 'general.resource.not.found'],
        unknownValues: 0,
      });
      expect(genesys.state.organisation.rings.map(({ who }) => who)).toEqual([
        user,
        expect.stringContaining('+15551234567'),
      ]);
    } finally {
      await genesys.stop();
    }
  },
  60_000,
);
