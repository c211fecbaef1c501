import { test } from '@jest/globals';
import { expectSeedsToPass } from '../support/expect-seeds-to-pass.ts';

// Two files, so that two cores share the 20,000 seeds.
test('every invariant holds for the seeds 1 to 10000', async () => {
  await expectSeedsToPass(1, 10_000);
}, 7_200_000);
