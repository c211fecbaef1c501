import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type StartedSystem, startWithNpm } from '../support/start-npm.ts';
import { CHROMIUM } from './chromium.ts';
import { describeWithChecks, runCheck } from './run-check.ts';

/** What checks/browse-console.mjs prints. */
interface Found {
  accepted: string;
  request: { status: string; timeline: string[] };
  roster: string;
  replay: string;
  rosterAfterReplay: string;
  lostResponse: { status: string; timeline: string[] };
  rosterAfterLostResponse: string;
  troubleAfterwards: string;
  declined: { status: string; timeline: string[] };
  rosterAfterDecline: string;
  refused: string;
  letter: string;
  bodies: string;
  curl: string;
  violations: Record<string, string[]>;
  widerThanTheScreen: string[];
  lettersAfterDiscard: number;
  elsewhere: string[];
  faults: string[];
}

describeWithChecks('the console page in a browser, by keyboard', () => {
  if (!CHROMIUM) {
    process.stderr.write(
      '\nSKIPPED: "the console page". There is no Chromium: apt-get install -y chromium\n\n',
    );
    test.skip('needs Chromium', () => {});
    return;
  }
  const chromium: string = CHROMIUM;
  let system: StartedSystem;
  let found: Found;

  beforeAll(async () => {
    system = await startWithNpm();
    const [, url = ''] = /Console page +(\S+)/.exec(system.run.output()) ?? [];
    const queue = system.endpoints.queues.RequestQueue?.url ?? '';
    found = (await runCheck('browse-console.mjs', [url, queue, chromium])) as Found;
  }, 300_000);

  afterAll(() => system?.stop());

  test('adds people, and shows each step with its result and its signed webhook', () => {
    expect(found.accepted).toMatch(/^202: accepted as request [\da-f]{8}\.$/);
    expect(found.request.status).toBe('SUCCESS');
    for (const step of ['accepted', 'looked', 'rang', 'added', 'delivered']) {
      expect(found.request.timeline).toContain(step);
    }
    expect(found.roster).toMatch(/hana\s+in.*rung once/s);
    expect(found.bodies).toContain('webhook-signature: v1,');
    expect(found.bodies).toContain('"event": "participant_added"');
  });

  test('shows that a replay does not ring anyone', () => {
    expect(found.replay).toContain('replayed');
    expect(found.rosterAfterReplay).toContain('rung once');
  });

  test('shows that no one is rung twice after a lost response', () => {
    expect(found.lostResponse.timeline.filter((step) => step === 'rang')).toHaveLength(1);
    expect(found.lostResponse.timeline).not.toContain('ERROR');
    expect(found.rosterAfterLostResponse).toContain('rung once');
    expect(found.troubleAfterwards).toBe('none');
  });

  test('shows a person who declines as one who left', () => {
    expect(found.declined.timeline.filter((step) => step === 'rang')).toHaveLength(1);
    expect(found.rosterAfterDecline).toMatch(/kemi\s+left.*rung once/s);
  });

  test('names the wrong field of a refused request', () => {
    expect(found.refused).toMatch(/^422: .*\/participants\/\d+\/id/);
  });

  test('shows dead letters, and discards one', () => {
    expect(found.letter).toBe('INVALID_MESSAGE');
    expect(found.lettersAfterDiscard).toBe(0);
  });

  test('shows the curl line that is equal to the form', () => {
    expect(found.curl).toMatch(/^curl -i 'http:\/\/127\.0\.0\.1:\d+\/conversations\//);
    expect(found.curl).toContain('idempotency-key: try-');
  });

  test.each(['light', 'dark', 'phone', 'phone-dark'])(
    'axe finds no violation in it: %s',
    (look) => {
      expect(found.violations[look]).toEqual([]);
    },
  );

  test('fits into the width of a phone', () => {
    expect(found.widerThanTheScreen).toEqual([]);
  });

  test('asks for nothing from the internet, and nothing in it throws', () => {
    expect(found.elsewhere).toEqual([]);
    expect(found.faults).toEqual([]);
  });
});
