import { PROBLEMS } from '../../lib/domain/problem.ts';
import { requestHeaders } from '../../lib/domain/request-headers.ts';
import { type JsonObject, toJsonSchema } from './json-schema.ts';
import { describeOpenapiComponents, reference } from './openapi-components.ts';
import { CONVERSATION, CORRELATION_ID, OPENAPI_EXAMPLES, REQUEST_ID } from './openapi-examples.ts';

type Kind = keyof typeof OPENAPI_EXAMPLES.problems;

/** The OpenAPI 3.1 document of the HTTP API. */
export function describeApi(): JsonObject {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Participant adder for Genesys Cloud',
      version: '2',
      summary: 'Adds participants to live Genesys Cloud conversations.',
      description:
        'A request is queued and carried out within seconds, as the rate limit of the platform allows. Its result comes by webhook, and can be asked for: one for each request, under the request’s id.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      {
        url: 'https://{apiId}.execute-api.{region}.amazonaws.com',
        description: 'Where the stack is deployed; `npx serverless info` prints it.',
        variables: { apiId: { default: 'a1b2c3d4e5' }, region: { default: 'us-east-1' } },
      },
    ],
    security: [{ iam: [] }, { jwt: [] }],
    tags: [
      { name: 'participants', description: 'People in a conversation.' },
      { name: 'requests', description: 'What became of a request.' },
      { name: 'events', description: 'What the webhook receiver gets.' },
    ],
    paths: {
      '/conversations/{conversationId}/participants': { post: addParticipants() },
      '/conversations/{conversationId}/requests': { get: listRequests() },
      '/requests/{requestId}': { get: getRequest(), delete: cancelRequest() },
    },
    webhooks: webhooks(),
    components: {
      schemas: describeOpenapiComponents(),
      securitySchemes: {
        iam: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description:
            'AWS Signature Version 4 for the service execute-api, by a principal with execute-api:Invoke. How the stack is deployed by default.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
        jwt: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of the issuer and audience that the stack was deployed with.',
        },
      },
    },
  };
}

function addParticipants(): JsonObject {
  return {
    operationId: 'addParticipants',
    tags: ['participants'],
    summary: 'Ask for participants to be added to a conversation',
    description:
      'The same caller and Idempotency-Key are the same request for as long as its record is kept: it has the same requestId and is carried out once.',
    parameters: [
      conversationParameter(),
      headerParameter(
        'Idempotency-Key',
        'The caller’s own name for this request, so that it can be sent again without being carried out twice.',
        'case-4711',
      ),
      correlationParameter(),
      preferParameter(),
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: reference('RequestBody'),
          examples: OPENAPI_EXAMPLES.requests,
        },
      },
    },
    responses: {
      200: requestResponse('With Prefer: wait, the request is final.', {
        Location: locationHeader(),
        'Idempotency-Replayed': replayedHeader(),
        'Preference-Applied': appliedHeader(),
      }),
      202: {
        description: 'The request is recorded and queued.',
        headers: {
          'X-Correlation-Id': correlationHeader(),
          Location: locationHeader(),
          'Idempotency-Replayed': replayedHeader(),
          'Preference-Applied': appliedHeader(),
        },
        content: {
          'application/json': { schema: reference('Accepted'), example: OPENAPI_EXAMPLES.accepted },
        },
      },
      400: problemResponse(
        'A header is invalid, or there is no body, or it is not JSON.',
        ['invalid-json', 'no-body', 'invalid-header'],
        'Bad Request',
      ),
      ...accessResponses(),
      413: problemResponse(
        'The body is larger than 64 KiB.',
        ['body-too-large'],
        'Request Too Long',
      ),
      415: problemResponse('The body is not declared as JSON, or is compressed.', [
        'unsupported-media-type',
      ]),
      422: problemResponse(
        'Fields are invalid: all of them are listed. Or the key belongs to another request.',
        ['invalid-request', 'idempotency-key-reused'],
      ),
      429: problemResponse(
        'The caller’s quota, or the API’s rate.',
        ['quota-exceeded'],
        'Too Many Requests',
        retryAfter(),
      ),
      ...failureResponses(['queue-unavailable', 'table-unavailable']),
    },
  };
}

function listRequests(): JsonObject {
  return {
    operationId: 'listRequests',
    tags: ['requests'],
    summary: 'List the requests of a conversation, newest first',
    parameters: [
      conversationParameter(),
      {
        name: 'limit',
        in: 'query',
        description: 'Absent: 20.',
        schema: { type: 'integer', minimum: 1, maximum: 100 },
        example: 20,
      },
      {
        name: 'cursor',
        in: 'query',
        description: 'The nextCursor of the page before.',
        schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,160}$' },
      },
      correlationParameter(),
    ],
    responses: {
      200: {
        description: 'A page.',
        headers: { 'X-Correlation-Id': correlationHeader() },
        content: {
          'application/json': {
            schema: reference('RequestList'),
            example: { requests: [OPENAPI_EXAMPLES.request] },
          },
        },
      },
      400: problemResponse(
        'A header or query parameter is invalid.',
        ['invalid-header', 'invalid-parameter'],
        'Bad Request',
      ),
      ...accessResponses(),
      404: problemResponse('The conversation id is no UUID.', ['not-found']),
      429: gatewayResponse('The API’s rate.', 'Too Many Requests'),
      ...failureResponses(['table-unavailable']),
    },
  };
}

function getRequest(): JsonObject {
  return {
    operationId: 'getRequest',
    tags: ['requests'],
    summary: 'Show a request',
    parameters: [requestParameter(), correlationParameter(), preferParameter()],
    responses: {
      200: requestResponse('The request.', { 'Preference-Applied': appliedHeader() }),
      ...readResponses(),
    },
  };
}

function cancelRequest(): JsonObject {
  return {
    operationId: 'cancelRequest',
    tags: ['requests'],
    summary: 'Cancel a request',
    description:
      'Possible until people are about to be rung. The request has a result and an event.',
    parameters: [requestParameter(), correlationParameter()],
    responses: {
      200: requestResponse('The request is cancelled, now or before.'),
      409: problemResponse('People are being added, or the request is final.', ['too-late']),
      ...readResponses(),
    },
  };
}

function webhooks(): JsonObject {
  const of = (name: string, summary: string) => [
    name,
    {
      post: {
        operationId: name,
        tags: ['events'],
        summary,
        description:
          'Signed as Standard Webhooks 1.0.0 says. Every delivery of an event has the same webhook-id and the same bytes.',
        security: [],
        parameters: ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((header) => ({
          name: header,
          in: 'header',
          required: header !== 'webhook-signature',
          schema: { type: 'string' },
        })),
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                allOf: [
                  reference('ResultEvent'),
                  { type: 'object', properties: { event: { const: name } } },
                ],
              },
              ...(name === OPENAPI_EXAMPLES.event.event ? { example: OPENAPI_EXAMPLES.event } : {}),
            },
          },
        },
        responses: {
          '2XX': { description: 'Received.' },
          410: { description: 'Not wanted any more: it is not sent again.' },
        },
      },
    },
  ];
  return Object.fromEntries([
    of('participant_added', 'All or some participants are in (SUCCESS, PARTIAL).'),
    of('participant_add_failed', 'No one was added (FAILED, EXPIRED, CANCELLED).'),
    of('participant_add_planned', 'The result of a dry run.'),
    of('participant_connection', 'What came of ringing the people.'),
  ]);
}

const conversationParameter = () =>
  pathParameter('conversationId', 'The conversation, as Genesys Cloud names it.', CONVERSATION);

const requestParameter = () => pathParameter('requestId', 'The request.', REQUEST_ID);

const pathParameter = (name: string, description: string, example: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: {
    type: 'string',
    format: 'uuid',
    pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
  },
  example,
});

function headerParameter(name: string, description: string, example: string): JsonObject {
  const headers = toJsonSchema(requestHeaders).properties as Record<string, JsonObject>;
  return { name, in: 'header', description, schema: headers[name.toLowerCase()], example };
}

const correlationParameter = () =>
  headerParameter(
    'X-Correlation-Id',
    'Carried through every log line to the webhook. Created where it is absent.',
    CORRELATION_ID,
  );

const preferParameter = () => ({
  name: 'Prefer',
  in: 'header',
  description: 'wait=N (RFC 7240): wait up to N seconds, at most 20, for the result. Best effort.',
  schema: { type: 'string' },
  example: 'wait=10',
});

const text = (description: string, example: string) => ({
  description,
  schema: { type: 'string' },
  example,
});
const correlationHeader = () =>
  text('The request’s own, or the one that was created.', CORRELATION_ID);
const locationHeader = () => text('Where the request can be asked for.', `/requests/${REQUEST_ID}`);
const replayedHeader = () => text('Present where the request existed before.', 'true');
const appliedHeader = () => text('Present where the service waited.', 'wait=10');
const retryAfter = () => ({
  'Retry-After': {
    description: 'Seconds to wait before sending the request again.',
    schema: { type: 'integer' },
    example: 5,
  },
});

const requestResponse = (description: string, headers: JsonObject = {}): JsonObject => ({
  description,
  headers: { 'X-Correlation-Id': correlationHeader(), ...headers },
  content: {
    'application/json': { schema: reference('Request'), example: OPENAPI_EXAMPLES.request },
  },
});

const accessResponses = () => ({
  401: gatewayResponse('No token, or not a valid one (JWT).', 'Unauthorized'),
  403: gatewayResponse('No valid signature, or not allowed (IAM, scopes).', 'Forbidden'),
});

const readResponses = () => ({
  400: problemResponse('A header is invalid.', ['invalid-header'], 'Bad Request'),
  ...accessResponses(),
  404: problemResponse('Unknown, not a UUID, another caller’s, or expired.', ['not-found']),
  429: gatewayResponse('The API’s rate.', 'Too Many Requests'),
  ...failureResponses(['table-unavailable']),
});

const failureResponses = (kinds: Kind[]) => ({
  500: problemResponse('A defect.', ['internal-error'], 'Internal Server Error'),
  503: problemResponse(
    'The table or the queue cannot be reached.',
    kinds,
    'Service Unavailable',
    retryAfter(),
  ),
});

/** @param gatewayMessage what API Gateway itself says with this status, if it has it too */
function problemResponse(
  description: string,
  kinds: Kind[],
  gatewayMessage?: string,
  headers: JsonObject = {},
): JsonObject {
  const examples = kinds.map((kind) => [
    kind,
    { summary: PROBLEMS[kind].title, value: OPENAPI_EXAMPLES.problems[kind] },
  ]);
  return {
    description,
    headers: { 'X-Correlation-Id': correlationHeader(), ...headers },
    content: {
      'application/problem+json': {
        schema: reference('Problem'),
        examples: Object.fromEntries(examples),
      },
      ...(gatewayMessage === undefined ? {} : gatewayContent(gatewayMessage)),
    },
  };
}

const gatewayContent = (message: string) => ({
  'application/json': { schema: reference('GatewayError'), example: { message } },
});

const gatewayResponse = (description: string, message: string): JsonObject => ({
  description,
  content: gatewayContent(message),
});
