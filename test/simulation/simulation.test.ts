import { describe, expect, test } from '@jest/globals';
import { expectSeedsToPass } from '../support/expect-seeds-to-pass.ts';
import { simulate } from './simulate.ts';

// Two files, so that two cores share the seeds of the test command.
// `npm run simulate -- --runs N` runs as many as wanted.
describe('the whole system in virtual time, with faults that a seed decides', () => {
  test('keeps its promises under the seeds 1 to 150', () => expectSeedsToPass(1, 150), 240_000);

  test('is the same story each time', async () => {
    for (const seed of [3, 4, 5]) {
      const [once, again] = [await simulate(seed), await simulate(seed)];
      expect(again.story.lines).toEqual(once.story.lines);
    }
  });
});
