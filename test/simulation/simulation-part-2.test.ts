import { test } from '@jest/globals';
import { expectSeedsToPass } from '../support/expect-seeds-to-pass.ts';

// Two files, so that two cores share the seeds of the test command.
test('keeps its promises under the seeds 151 to 300', () => expectSeedsToPass(151, 300), 240_000);
