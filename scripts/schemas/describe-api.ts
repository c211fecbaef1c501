import { LIST_CURSOR } from '../../lib/records/list-cursor.ts';
import type { JsonObject } from './json-schema.ts';
import { describeOpenapiComponents } from './openapi-components.ts';
import { OPENAPI_EXAMPLES } from './openapi-examples.ts';
import {
  appliedHeader,
  correlationHeader,
  locationHeader,
  replayedHeader,
  retryAfterHeader,
} from './openapi-headers.ts';
import {
  conversationParameter,
  correlationParameter,
  headerParameter,
  preferParameter,
  requestParameter,
} from './openapi-parameters.ts';
import {
  accessResponses,
  failureResponses,
  gatewayResponse,
  problemResponse,
  readResponses,
  requestResponse,
} from './openapi-responses.ts';
import { reference } from './reference.ts';

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
        'The caller’s own name for this request, so that it can be sent again without being carried out twice. The same key with another conversation or body is refused (422).',
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
      200: requestResponse('With Prefer: wait, the request is final.', 'SubmittedRequest', {
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
          'application/json': {
            schema: reference('SubmittedRequest'),
            example: OPENAPI_EXAMPLES.accepted,
          },
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
        retryAfterHeader(),
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
        schema: { type: 'string', pattern: LIST_CURSOR.source },
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
      200: requestResponse('The request.', 'Request', { 'Preference-Applied': appliedHeader() }),
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
      200: requestResponse('The request is cancelled, now or before.', 'Request'),
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
