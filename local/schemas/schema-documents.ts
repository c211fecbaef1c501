import * as z from 'zod/mini';
import { auditEvent } from '../../lib/domain/audit-event.ts';
import { requestMessage } from '../../lib/domain/request-message.ts';

/** Documents are plain JSON. */
export type JsonObject = { [key: string]: unknown };

/**
 * What `npm run schemas` writes into `schemas/`, by file name: everything about the service that a
 * program of somebody else's can read. To add a document, add a line.
 */
export const SCHEMA_DOCUMENTS: Record<string, () => JsonObject> = {
  'audit-event.schema.json': describeAuditEvent,
  'request-message.schema.json': describeRequestMessage,
};

/**
 * JSON Schema (2020-12) of a zod schema as its input, which allows fields that are not named: ones
 * that a later version adds must not fail a check against this one.
 */
export function toJsonSchema(schema: z.core.$ZodType): JsonObject {
  return z.toJSONSchema(schema, {
    io: 'input',
    override({ jsonSchema }) {
      // A calendar as a pattern and the largest number of JavaScript say nothing to a reader.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  }) as JsonObject;
}

/** Adds descriptions to a schema's properties, by the path of their names. @throws Error on a path that is not there */
export function describeProperties(
  schema: JsonObject,
  descriptions: Record<string, string>,
): JsonObject {
  for (const [path, description] of Object.entries(descriptions)) {
    let place = schema;
    for (const name of path.split('.')) {
      const within = (name === '[]' ? place.items : (place.properties as JsonObject)?.[name]) as
        | JsonObject
        | undefined;
      if (!within) throw new Error(`the schema has no property ${path}`);
      place = within;
    }
    place.description = description;
  }
  return schema;
}

function titled(title: string, description: string, schema: JsonObject): JsonObject {
  const { $schema, ...rest } = schema;
  return { $schema, title, description, ...rest };
}

function describeAuditEvent(): JsonObject {
  return titled(
    'Audit event',
    'The result of one request: the body of the webhook. Fields may be added; those that are here keep their names and meanings.',
    describeProperties(toJsonSchema(auditEvent), {
      event: 'participant_added for SUCCESS and PARTIAL, participant_add_failed for the others.',
      'audit.timestamp': 'When the result was made.',
      'audit.participant_ids': 'Ids or addresses that were asked for, in the order of the request.',
      'audit.role': 'The role that was asked for; mixed where there were several.',
      'audit.latency_ms': 'From the start of the work on the request to its result.',
      'audit.status':
        'SUCCESS: everybody is in. PARTIAL: some are. FAILED: nobody was added. EXPIRED: the deadline passed first.',
      'audit.error': 'A sentence for a person. Absent on success.',
      'audit.code': 'Stable, upper snake case; the README lists all with cause and remedy.',
      'audit.request_id': 'The id that the HTTP API gave back.',
      'audit.correlation_id': 'X-Correlation-Id of the request.',
      'audit.requested_by': 'Who asked: an ARN or a token’s subject.',
      'audit.participants': 'What became of each participant, in the order of the request.',
      'audit.participants.[].id': 'The Genesys user. Either this or address is present.',
      'audit.participants.[].address': 'E.164 or SIP.',
      'audit.participants.[].warning': 'Added all the same.',
      'audit.participants.[].code': 'Why this participant was not added.',
      'audit.queued_ms': 'How long the request waited before the work on it began.',
      'audit.attempts': 'How often the queue handed the request out.',
      'audit.genesys_calls': 'Calls to Genesys Cloud that this result took.',
      'audit.genesys_correlation_ids': 'What Genesys support asks for.',
    }),
  );
}

function describeRequestMessage(): JsonObject {
  const schema = describeProperties(toJsonSchema(requestMessage), {
    requestId: 'Default: the id of the SQS message.',
    conversationId: 'Send the message with this as its MessageGroupId.',
    'participants.[].role': 'Default: agent for an id, customer for an address.',
    requestedAt: 'Default: when the message was sent.',
    deadline:
      'The request is not carried out after this. Default: ten minutes after requestedAt; at most a day after the send.',
    correlationId: 'Default: the request’s id.',
  });
  // What zod checks by code, said in JSON Schema.
  const participant = (schema.properties as { participants: { items: JsonObject } }).participants
    .items;
  participant.oneOf = [
    { required: ['id'] },
    { required: ['address'], properties: { role: { const: 'customer' } } },
  ];
  return titled(
    'Request message',
    'A message on the request queue (SQS FIFO): asks for participants to be added to a conversation.',
    schema,
  );
}
