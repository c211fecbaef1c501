import { accepted } from '../../lib/domain/accepted.ts';
import { PROBLEMS, type ProblemKind, problemType } from '../../lib/domain/problem.ts';
import { problemDocument } from '../../lib/domain/problem-document.ts';
import { requestBody } from '../../lib/domain/request-body.ts';
import { requestHeaders } from '../../lib/domain/request-headers.ts';
import {
  describeProperties,
  type JsonObject,
  sayEitherIdOrAddress,
  toJsonSchema,
} from './json-schema.ts';

const CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000001';
const CORRELATION_ID = 'order-2026-11-22/0815';
const REQUEST_ID = '2f1d3b5a-7c90-4b1c-9c7e-6d3f0b0e7a55';

/** A request for each thing that a body can say, and the answers to it and to wrong ones. */
export const EXAMPLES = {
  requests: {
    users: {
      summary: 'Two users, within five minutes',
      value: {
        participants: [
          { id: 'a9e7c000-0000-4000-8000-000000000008', role: 'agent' },
          { id: 'a9e7c000-0000-4000-8000-000000000009' },
        ],
        deadlineSeconds: 300,
      },
    },
    customer: {
      summary: 'A user, and an outside party by telephone number',
      value: {
        participants: [
          { id: 'a9e7c000-0000-4000-8000-000000000008' },
          { address: '+15551230199', role: 'customer' },
        ],
      },
    },
  },
  accepted: {
    requestId: REQUEST_ID,
    conversationId: CONVERSATION,
    status: 'QUEUED',
    deadline: '2026-11-22T15:34:40.000Z',
  },
  problems: {
    'invalid-json': problem('invalid-json', 'The body could not be read as JSON in UTF-8.', [
      { pointer: '', detail: 'is not JSON (line 1 column 65)' },
    ]),
    'no-body': problem(
      'no-body',
      'The request has no body; send a JSON object with participants.',
      [{ pointer: '', detail: 'is missing' }],
    ),
    'invalid-header': problem(
      'invalid-header',
      'The header Idempotency-Key must be at most 255 characters.',
      [
        {
          pointer: '',
          header: 'Idempotency-Key',
          detail: 'must be at most 255 characters',
        },
      ],
    ),
    'body-too-large': problem(
      'body-too-large',
      'The body has 2097152 bytes; at most 65536 are accepted.',
      [{ pointer: '', detail: 'must be at most 65536 bytes' }],
    ),
    'unsupported-media-type': problem(
      'unsupported-media-type',
      'The header Content-Type must be application/json or application/*+json.',
      [
        {
          pointer: '',
          header: 'Content-Type',
          detail: 'must be application/json or application/*+json',
        },
      ],
    ),
    'invalid-request': problem('invalid-request', '4 fields are invalid.', [
      {
        pointer: '/participants/1/role',
        detail: 'must be one of agent, customer, observer, supervisor',
      },
      {
        pointer: '/participants/0/id',
        detail: 'names the same participant as /participants/2/id; name everybody once',
      },
      {
        pointer: '/participants/2/id',
        detail: 'names the same participant as /participants/0/id; name everybody once',
      },
      {
        pointer: '/deadlineSeconds',
        detail: 'must be a whole number of seconds from 5 to 86400',
      },
    ]),
    'internal-error': problem(
      'internal-error',
      'A defect in the service. Report it with the correlation id.',
    ),
    'queue-unavailable': problem(
      'queue-unavailable',
      'The request could not be queued, or the response was lost. Whether it will be carried out is not known: send it again after 5 seconds, with the same Idempotency-Key.',
    ),
  },
};

function problem(kind: ProblemKind, detail: string, errors?: object[]): JsonObject {
  const { status, title } = PROBLEMS[kind];
  const instance = `urn:uuid:${REQUEST_ID}`;
  return {
    type: problemType(kind),
    title,
    status,
    detail,
    instance,
    ...(errors ? { errors } : {}),
  };
}

/** The OpenAPI 3.1 document of the HTTP API. */
export function describeApi(): JsonObject {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Participant adder for Genesys Cloud',
      version: '1',
      summary: 'Adds participants to live Genesys Cloud conversations.',
      description:
        'A request is queued and carried out within seconds, as the rate limit of the platform allows. Its result comes by webhook: one for each request, under the request’s id.',
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
    tags: [{ name: 'participants', description: 'People in a conversation.' }],
    paths: { '/conversations/{conversationId}/participants': { post: addParticipants() } },
    components: {
      schemas: components(),
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
      'Answers as soon as the request is on the queue. The same caller, conversation, Idempotency-Key and body within five minutes is the same request: it has the same requestId and is carried out once.',
    parameters: parameters(),
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: reference('RequestBody'), examples: EXAMPLES.requests },
      },
    },
    responses: {
      202: {
        description: 'The request is on the queue.',
        headers: { 'X-Correlation-Id': correlationHeader() },
        content: {
          'application/json': { schema: reference('Accepted'), example: EXAMPLES.accepted },
        },
      },
      400: problemResponse('A header is wrong, or there is no body, or it is not JSON.', [
        'invalid-json',
        'no-body',
        'invalid-header',
      ]),
      401: gatewayResponse('No token, or not a valid one (JWT).', 'Unauthorized'),
      403: gatewayResponse('No valid signature, or not allowed (IAM).', 'Forbidden'),
      413: problemResponse('The body is larger than 64 KiB.', ['body-too-large']),
      415: problemResponse('The body is not declared as JSON.', ['unsupported-media-type']),
      422: problemResponse('Fields are wrong: all of them are listed.', ['invalid-request']),
      429: gatewayResponse(
        'More requests a second than the API lets through.',
        'Too Many Requests',
      ),
      500: problemResponse('A defect.', ['internal-error']),
      503: problemResponse('The queue cannot be reached.', ['queue-unavailable'], {
        'Retry-After': {
          description: 'Seconds to wait before sending the request again.',
          schema: { type: 'integer' },
          example: 5,
        },
      }),
    },
  };
}

function parameters(): JsonObject[] {
  const headers = toJsonSchema(requestHeaders).properties as Record<string, JsonObject>;
  return [
    {
      name: 'conversationId',
      in: 'path',
      required: true,
      description: 'The conversation, as Genesys Cloud names it.',
      schema: { type: 'string', format: 'uuid' },
      example: CONVERSATION,
    },
    {
      name: 'Idempotency-Key',
      in: 'header',
      description:
        'The caller’s own name for this request, so that it can be sent again without being carried out twice.',
      schema: headers['idempotency-key'],
      example: 'case-4711',
    },
    {
      name: 'X-Correlation-Id',
      in: 'header',
      description: 'Carried through every log line to the webhook. Made up where it is absent.',
      schema: headers['x-correlation-id'],
      example: CORRELATION_ID,
    },
  ];
}

function components(): JsonObject {
  const body = describeProperties(toJsonSchema(requestBody), {
    participants: 'Who is to be added. The same participant twice is refused.',
    'participants.[].id': 'A Genesys Cloud user. Either this or address is required.',
    'participants.[].address': 'An outside party: an E.164 number, a tel: URI or a SIP URI.',
    'participants.[].role': 'Default: agent for an id, customer for an address.',
    deadlineSeconds:
      'A request that could not be carried out by then ends as EXPIRED and is never carried out late.',
  });
  sayEitherIdOrAddress(body);
  return {
    RequestBody: withoutDialect(body),
    Accepted: withoutDialect(
      describeProperties(toJsonSchema(accepted), {
        requestId: 'The result of the request carries it as audit.request_id.',
        deadline: 'Counted from this answer; for a repeat, the first answer’s holds.',
      }),
    ),
    Problem: withoutDialect(
      describeProperties(toJsonSchema(problemDocument), {
        type: 'What kind of problem it is. Stable: branch on this or on the status.',
        detail: 'A sentence for a person.',
        instance: 'This occurrence; the log line of the refusal carries the same id.',
        errors: 'Every place that is wrong.',
        'errors.[].pointer':
          'JSON Pointer (RFC 6901) into the body; empty for the body as a whole, /conversationId for the path.',
        'errors.[].header': 'The header that is wrong, if it is one.',
      }),
    ),
    GatewayError: {
      type: 'object',
      description:
        'An answer of API Gateway itself: the request did not come through to the service.',
      properties: { message: { type: 'string' } },
      required: ['message'],
    },
  };
}

/** OpenAPI 3.1 is of the same dialect and says so once. */
function withoutDialect({ $schema: _, ...schema }: JsonObject): JsonObject {
  return schema;
}

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const correlationHeader = () => ({
  description: 'The request’s own, or the one that it was given.',
  schema: { type: 'string' },
  example: CORRELATION_ID,
});

function problemResponse(
  description: string,
  kinds: (keyof typeof EXAMPLES.problems)[],
  headers: JsonObject = {},
): JsonObject {
  const examples = kinds.map((kind) => [
    kind,
    { summary: PROBLEMS[kind].title, value: EXAMPLES.problems[kind] },
  ]);
  return {
    description,
    headers: { 'X-Correlation-Id': correlationHeader(), ...headers },
    content: {
      'application/problem+json': {
        schema: reference('Problem'),
        examples: Object.fromEntries(examples),
      },
    },
  };
}

function gatewayResponse(description: string, message: string): JsonObject {
  return {
    description,
    content: { 'application/json': { schema: reference('GatewayError'), example: { message } } },
  };
}
