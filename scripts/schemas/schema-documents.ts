import { auditEvent } from '../../lib/domain/audit-event.ts';
import { CODES } from '../../lib/domain/codes.ts';
import { requestMessage } from '../../lib/domain/request-message.ts';
import { describeAsyncapiDocument } from './asyncapi-document.ts';
import { describeApi } from './describe-api.ts';
import { describeProperties, type JsonObject, toJsonSchema } from './json-schema.ts';
import { splitParticipant } from './split-participant.ts';

/**
 * Documents that `npm run schemas` writes into `schemas/`, by file name: the machine-readable description
 * of the service. To add a document, add a line.
 */
export const SCHEMA_DOCUMENTS: Record<string, () => JsonObject> = {
  'asyncapi.json': describeAsyncapiDocument,
  'audit-event.schema.json': describeAuditEvent,
  'openapi.json': describeApi,
  'request-message.schema.json': describeRequestMessage,
};

function titled(title: string, description: string, schema: JsonObject): JsonObject {
  const { $schema, ...rest } = schema;
  const $id = `urn:genesys-automated-adder:schema:${title.toLowerCase().replace(' ', '-')}`;
  return { $schema, $id, title, description, ...rest };
}

function describeAuditEvent(): JsonObject {
  return titled(
    'Audit event',
    'The result of one request: the body of the webhook. Fields may be added; those that are here keep their names and meanings.',
    describeProperties(withCodes(toJsonSchema(auditEvent)), {
      event:
        'participant_added for SUCCESS and PARTIAL, participant_add_failed for the others; participant_add_planned for every dry run; participant_connection for what came of ringing the people.',
      'audit.timestamp': 'When the result was made.',
      'audit.participant_ids': 'Ids or addresses that were asked for, in the order of the request.',
      'audit.role': 'The role that was asked for; mixed where there were several.',
      'audit.latency_ms': 'From the start of the work on the request to its result.',
      'audit.status':
        'SUCCESS: everyone is in. PARTIAL: some are in. FAILED: no one was added. EXPIRED: the deadline passed first. CANCELLED: the request was cancelled before anyone was added.',
      'audit.error': 'A sentence for a person. Absent on success.',
      'audit.code': 'Stable, upper snake case; the README lists all with cause and remedy.',
      'audit.request_id': 'The id that the HTTP API gave back.',
      'audit.correlation_id': 'X-Correlation-Id of the request.',
      'audit.requested_by': 'Who asked: an ARN or a token’s subject.',
      'audit.participants': 'What became of each participant, in the order of the request.',
      'audit.participants.[].id': 'The Genesys user. Either this or address is present.',
      'audit.participants.[].address': 'E.164 or SIP.',
      'audit.participants.[].connection':
        'What came of ringing this person, as far as it is known.',
      'audit.participants.[].participant_id':
        'The id under which the conversation lists this person.',
      'audit.participants.[].warning':
        'The person may not answer; the first of several that apply.',
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
    requestedAt: 'Default: when the message was sent.',
    deadline:
      'The request is not carried out after this. Default: ten minutes after requestedAt; at most a day after the send.',
    correlationId: 'Default: the request’s id.',
  });
  const { participants } = schema.properties as { participants: JsonObject };
  const { user, outsideParty } = splitParticipant(participants.items as JsonObject);
  participants.items = { oneOf: [{ $ref: '#/$defs/User' }, { $ref: '#/$defs/OutsideParty' }] };
  return titled(
    'Request message',
    'A message on the request queue (SQS FIFO): asks for participants to be added to a conversation.',
    { ...schema, $defs: { User: user, OutsideParty: outsideParty } },
  );
}

/** Every property `code`, at any depth, is one of the codes. */
function withCodes(schema: JsonObject): JsonObject {
  for (const [name, value] of Object.entries(schema)) {
    if (typeof value !== 'object' || value === null) continue;
    const place = value as JsonObject;
    if (name === 'code' && place.type === 'string') place.enum = Object.keys(CODES);
    else withCodes(place);
  }
  return schema;
}
