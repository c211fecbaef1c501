import { accepted } from '../../lib/domain/accepted.ts';
import { auditEvent } from '../../lib/domain/audit-event.ts';
import { CODES } from '../../lib/domain/codes.ts';
import { problemDocument } from '../../lib/domain/problem-document.ts';
import { requestBody } from '../../lib/domain/request-body.ts';
import { requestList, requestResource } from '../../lib/domain/request-resource.ts';
import { describeProperties, type JsonObject, toJsonSchema } from './json-schema.ts';
import { nameParts } from './name-parts.ts';
import { reference } from './reference.ts';
import { splitParticipant } from './split-participant.ts';

const REQUESTED_PARTICIPANT = 'Request/properties/participants/items';
const AUDITED_PARTICIPANT = 'ResultEvent/properties/audit/properties/participants/items';

/**
 * Names of the parts that would have none, by their paths. An enumeration is named only if no other one has
 * one of its values: in Go, the constants of all enumerations are in one namespace.
 * Objects of which only events consist have no name, because oapi-codegen drops schemas that no path uses.
 */
const PART_NAMES = {
  'User/properties/role/anyOf/0': 'Role',
  [`${REQUESTED_PARTICIPANT}/properties/role`]: 'Role',
  [`${REQUESTED_PARTICIPANT}/properties/outcome`]: 'Outcome',
  [`${REQUESTED_PARTICIPANT}/properties/warning`]: 'ParticipantWarning',
  [REQUESTED_PARTICIPANT]: 'RequestedParticipant',
  'Request/properties/waiting': 'Waiting',
  'Request/properties/delivery': 'Delivery',
  'Request/properties/connectionDelivery': 'Delivery',
  [`${AUDITED_PARTICIPANT}/properties/role`]: 'Role',
  [`${AUDITED_PARTICIPANT}/properties/outcome`]: 'Outcome',
  [`${AUDITED_PARTICIPANT}/properties/warning`]: 'ParticipantWarning',
  'Problem/properties/errors/items': 'FieldError',
};

/** The named schemas of the OpenAPI document. */
export function describeOpenapiComponents(): Record<string, JsonObject> {
  const body = describeProperties(toJsonSchema(requestBody), {
    participants: 'Who is to be added. The same participant twice is refused.',
    deadlineSeconds:
      'A request that could not be carried out by then ends as EXPIRED. Absent: 600. No one is rung after the deadline.',
    dryRun: 'Everything except the add. The outcome of those who would be added is WOULD_BE_ADDED.',
    onlyIfReachable: 'People who are unlikely to answer are not rung.',
    actingUserId:
      'The user on whose behalf people are added: a full, live participant of the call.',
  });
  const { participants } = body.properties as { participants: JsonObject };
  const { user, outsideParty } = splitParticipant(participants.items as JsonObject);
  // Client generators name the union by its title.
  participants.items = {
    title: 'Participant',
    oneOf: [reference('User'), reference('OutsideParty')],
  };
  const list = withoutDialect(toJsonSchema(requestList));
  (list.properties as { requests: JsonObject }).requests.items = reference('Request');
  const schemas: Record<string, JsonObject> = {
    User: user,
    OutsideParty: outsideParty,
    RequestBody: withoutDialect(body),
    Request: withCodes(
      describeProperties(withoutDialect(toJsonSchema(requestResource)), {
        status: 'The last five are final.',
        attempts: 'How often the queue has handed the request out.',
        waiting: 'Only with WAITING: what the request waits for, and until when.',
        participants: 'In the order of the request. Without an outcome: not decided yet.',
        code: 'Stable. Absent before the end and on success.',
        error: 'A sentence for a person.',
        delivery: 'What became of the event at the webhook.',
        connectionDelivery: 'The same for the event participant_connection.',
      }),
    ),
    RequestList: list,
    Code: {
      type: 'string',
      description: Object.entries(CODES)
        .map(([code, { cause }]) => `- \`${code}\`: ${cause}`)
        .join('\n'),
      enum: Object.keys(CODES),
    },
    ResultEvent: withCodes(withoutDialect(toJsonSchema(auditEvent))),
    Problem: withoutDialect(
      describeProperties(toJsonSchema(problemDocument), {
        type: 'What kind of problem it is. Stable: branch on this or on the status.',
        detail: 'A sentence for a person.',
        instance: 'This occurrence; the log line of the refusal carries the same id.',
        errors: 'Every place that is invalid.',
        'errors.[].pointer':
          'JSON Pointer (RFC 6901) into the body; empty for the body as a whole, /conversationId for the path.',
        'errors.[].header': 'The header that is invalid, if it is one.',
        'errors.[].parameter': 'The query parameter that is invalid, if it is one.',
      }),
    ),
    GatewayError: {
      type: 'object',
      description: 'A response of API Gateway itself: the request did not reach the service.',
      properties: { message: { type: 'string' } },
      required: ['message'],
    },
  };
  nameParts(schemas, PART_NAMES);
  schemas.SubmittedRequest = describeSubmittedRequest(schemas.Request ?? {});
  return schemas;
}

/**
 * What `POST` responds with. One schema for both statuses, because most client generators read every
 * successful response of an operation as the schema of the first.
 */
function describeSubmittedRequest(request: JsonObject): JsonObject {
  const { properties, required } = describeProperties(toJsonSchema(accepted), {
    requestId: 'The result of the request carries it as audit.request_id.',
    status: 'QUEUED for a new request; the current status for a repeat of it.',
    deadline: 'Of the first try, for a repeat.',
  });
  return {
    type: 'object',
    description:
      'A request as it was accepted. Fields that are not required are present with status 200, where the request is final; Request describes them.',
    properties: { ...(request.properties as JsonObject), ...(properties as JsonObject) },
    required,
  };
}

/** OpenAPI 3.1 is of the same dialect and says so once. */
function withoutDialect({ $schema: _, ...schema }: JsonObject): JsonObject {
  return schema;
}

/** Every property `code`, at any depth, is one of the enumeration. */
function withCodes(schema: JsonObject): JsonObject {
  for (const [name, value] of Object.entries(schema)) {
    if (typeof value !== 'object' || value === null) continue;
    const isCode = name === 'code' && (value as JsonObject).type === 'string';
    schema[name] = isCode ? reference('Code') : withCodes(value as JsonObject);
  }
  return schema;
}
