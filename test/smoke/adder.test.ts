import { afterEach, expect, test } from '@jest/globals';
import {
  FREE_USERS,
  PLATFORM_CONVERSATION,
  SAMPLE_USERS,
} from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, outcomes, startAdder } from '../support/start-adder.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

test('the adder rings who is missing from a call, over real HTTP, and sends one result', async () => {
  adder = await startAdder();
  const audit = await adder.settle({
    conversationId: PLATFORM_CONVERSATION,
    participants: [{ id: SAMPLE_USERS.ada }, { id: FREE_USERS[0] }],
  });
  expect(audit).toMatchObject({ status: 'SUCCESS' });
  expect(outcomes(audit)).toEqual(['ALREADY_PRESENT', 'ADDED']);
  expect(adder.genesys.state.organisation.rings.map(({ who }) => who)).toEqual([FREE_USERS[0]]);
});
