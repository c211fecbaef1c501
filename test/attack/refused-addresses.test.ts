import { afterEach, expect, test } from '@jest/globals';
import { createAddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import { FREE_USERS, PLATFORM_CONVERSATION } from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, outcomes, startAdder } from '../support/start-adder.ts';
import { eventWithBody, startIntake } from '../support/start-intake.ts';

let adder: AdderUnderTest | undefined;
afterEach(() => adder?.stop());

const ALLOWED = '+,!+1900,!+881,pbx.example';

/** Addresses of an accepted form that dial a refused number or another host, and what names the cause. */
const REFUSED = [
  ['+19005551234', '!+1900'],
  ['tel:+1-900-555-1234', '!+1900'],
  ['TEL:+1(900)555.1234;ext=9', '!+1900'],
  ['+88112345678', '!+881'],
  ['SIP:+19005551234@pbx.example', '!+1900'],
  ['sip:%2B1%39005551234@pbx.example', '!+1900'],
  ['sip:19005551234@pbx.example', '!+1900'],
  ['sip:01188112345678@PBX.EXAMPLE.', '!+881'],
  ['sip:+15551234567;rn=+19005551234@pbx.example', '!+1900'],
  ['sip:9005551234;phone-context=+1@pbx.example', '!+1900'],
  ['sip:user@+19005551234', 'well-formed'],
  ['sip:user@pbx.example.evil.example', 'evil.example'],
  ['sip:user@xn--pbx-hoa.example', 'xn--pbx-hoa.example'],
  ['sip:user@pbx.example;maddr=10.0.0.1', 'maddr'],
  ['sip:user@pbx.example?Replaces=1', 'headers'],
  ['sip:user@2852039166', 'IP address'],
  ['sip:user@0xa9fea9fe', 'IP address'],
  ['sip:user@[::ffff:169.254.169.254]', 'IP address'],
  ['sip:user@169.254.169.254.', 'IP address'],
  ['sip:;;;', 'well-formed'],
] as const;

test.each(REFUSED)('intake refuses %s with 422 and says why: %s', async (address, why) => {
  const { send, sent } = startIntake({ addressPolicy: createAddressPolicy(ALLOWED) });
  const { status, body } = await send(eventWithBody({ participants: [{ address }] }));
  expect(status).toBe(422);
  expect(body.errors).toEqual([
    {
      pointer: '/participants/0/address',
      detail: expect.stringMatching(new RegExp(`ADDRESS_NOT_ALLOWED.*${why.replace('+', '\\+')}`)),
    },
  ]);
  expect(sent).toEqual([]);
});

test('the adder dials none of them for a direct sender, and rings the others', async () => {
  adder = await startAdder({ env: { ALLOWED_ADDRESSES: ALLOWED } });
  const audit = await adder.settle({
    conversationId: PLATFORM_CONVERSATION,
    participants: [...REFUSED.slice(1).map(([address]) => ({ address })), { id: FREE_USERS[0] }],
  });
  expect(outcomes(audit)).toEqual([
    ...REFUSED.slice(1).map(() => 'REJECTED ADDRESS_NOT_ALLOWED'),
    'ADDED',
  ]);
  const { organisation } = adder.genesys.state;
  expect(organisation.rings.map(({ who }) => who)).toEqual([FREE_USERS[0]]);
});
