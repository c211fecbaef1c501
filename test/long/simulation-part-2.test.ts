import { test } from '@jest/globals';
import { expectSeedsToPass } from '../support/expect-seeds-to-pass.ts';

// Two files, so that two cores share the 20,000 seeds.
test('every invariant holds for the seeds 10001 to 20000', async () => {
  await expectSeedsToPass(10_001, 20_000);
}, 7_200_000);
