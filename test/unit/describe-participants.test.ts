import { expect, test } from '@jest/globals';
import { describeParticipants } from '../../cli/doctor/describe-participants.ts';
import { renderFindings } from '../../cli/doctor/render-findings.ts';
import { readConversationDocument } from '../../lib/genesys/conversation/conversation-document.ts';

test('the doctor lists participants with role and connection, and who would act', () => {
  const calls = [{ state: 'connected' }];
  const roster = readConversationDocument(
    {
      participants: [
        {
          id: '1',
          userId: 'gone',
          purpose: 'agent',
          calls: [{ state: 'disconnected', disconnectType: 'transfer.noanswer' }],
        },
        { id: '2', address: 'tel:+15551234567', purpose: 'customer', calls },
        { id: '3', userId: 'boss', purpose: 'agent', mediaRoles: ['monitor'], calls },
        { id: '4', purpose: 'ivr', calls },
        { id: '5', userId: 'ada', purpose: 'agent', calls },
      ],
    },
    20,
  );
  expect(describeParticipants(roster).map(({ detail }) => detail)).toEqual([
    'tel:+•••••••••67, customer, connected',
    'user boss, agent (monitor), connected',
    'participant 4, ivr (a program), connected',
    'user ada, agent, connected, people are added on behalf of this user',
    'user gone, agent, NO_ANSWER',
  ]);
});

test('what the platform lists cannot control the terminal', () => {
  const hostile = '\u001b[2J\u009b31m\r\nforged line\u202e';
  const roster = readConversationDocument(
    {
      participants: [
        { id: '1', userId: 'ada', purpose: 'agent', calls: [{ state: 'connected' }] },
        { id: '2', userId: hostile, purpose: hostile, calls: [{ state: hostile }] },
        { id: '3', address: hostile, purpose: 'customer', calls: [{ state: 'connected' }] },
      ],
    },
    20,
  );
  const lines = renderFindings(describeParticipants(roster)).split('\n');
  expect(lines).toHaveLength(5);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be printed
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});
