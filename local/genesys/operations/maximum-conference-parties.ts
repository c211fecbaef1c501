import type { Operation } from '../operation.ts';

/** `GET /api/v2/conversations/calls/maximumconferenceparties` */
export const maximumConferenceParties: Operation = {
  method: 'GET',
  path: '/api/v2/conversations/calls/maximumconferenceparties',
  carryOut: ({ behaviour }) => ({
    status: 200,
    body: { maxParticipants: behaviour.defaultMaxParticipants },
  }),
};
