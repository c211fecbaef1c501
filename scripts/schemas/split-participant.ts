import type { JsonObject } from './json-schema.ts';

/**
 * Splits the participant's schema into two, because client generators support a choice between two named
 * objects, but lose the properties of an object that contains a choice.
 */
export function splitParticipant(participant: JsonObject): {
  user: JsonObject;
  outsideParty: JsonObject;
} {
  const { id, address, role } = participant.properties as Record<string, JsonObject>;
  const { additionalProperties } = participant;
  const isClosed = additionalProperties === false;
  const closed = isClosed ? { additionalProperties } : {};
  return {
    user: {
      type: 'object',
      description: 'A Genesys Cloud user.',
      properties: {
        id: { ...id, description: 'The user’s id.' },
        role: { ...role, description: 'Absent: agent.' },
        ...(isClosed ? {} : { address: false }),
      },
      required: ['id'],
      ...closed,
    },
    outsideParty: {
      type: 'object',
      description: 'A person outside the organisation, who is dialled.',
      properties: {
        address: { ...address, description: 'E.164 (`+15551234567`), a tel: URI or a SIP URI.' },
        role: {
          anyOf: [{ type: 'string', enum: ['customer'] }, { type: 'null' }],
          description: 'Absent: customer.',
        },
        ...(isClosed ? {} : { id: false }),
      },
      required: ['address'],
      ...closed,
    },
  };
}
