import { auditEvent } from '../../lib/domain/audit-event.ts';
import { requestMessage } from '../../lib/domain/request-message.ts';
import { type JsonObject, toJsonSchema } from './json-schema.ts';
import { OPENAPI_EXAMPLES } from './openapi-examples.ts';
import { splitParticipant } from './split-participant.ts';

/** The AsyncAPI 3 document: the request queue, which is a public interface, and the events. */
export function describeAsyncapiDocument(): JsonObject {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Participant adder for Genesys Cloud',
      version: '2.0.0',
      description: 'Requests through the queue, and the events that they end in.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: {
      requests: {
        address: 'genesys-automated-adder-{stage}-requests.fifo',
        description:
          'An SQS FIFO queue. The message group is the conversation’s id; the deduplication id is the sender’s choice.',
        parameters: { stage: { description: 'The stage of the deployment.' } },
        messages: { request: { $ref: '#/components/messages/request' } },
      },
      events: {
        address: null,
        description: 'Signed webhooks (Standard Webhooks 1.0.0) to the configured receiver.',
        messages: { event: { $ref: '#/components/messages/event' } },
      },
    },
    operations: {
      receiveRequest: {
        action: 'receive',
        summary: 'A system inside the account asks for participants to be added.',
        channel: { $ref: '#/channels/requests' },
        messages: [{ $ref: '#/channels/requests/messages/request' }],
      },
      sendEvent: {
        action: 'send',
        summary: 'The result of a request, and whether the people who were rung answered.',
        channel: { $ref: '#/channels/events' },
        messages: [{ $ref: '#/channels/events/messages/event' }],
      },
    },
    components: {
      messages: {
        request: {
          name: 'request',
          payload: { $ref: '#/components/schemas/RequestMessage' },
          examples: [{ name: 'request', payload: OPENAPI_EXAMPLES.message }],
        },
        event: {
          name: 'event',
          payload: { $ref: '#/components/schemas/ResultEvent' },
          examples: [{ name: 'participant_added', payload: OPENAPI_EXAMPLES.event }],
        },
      },
      schemas: describeSchemas(),
    },
  };
}

function describeSchemas(): JsonObject {
  const { $schema: _dialect, ...message } = toJsonSchema(requestMessage);
  const { $schema: _same, ...event } = toJsonSchema(auditEvent);
  const { participants } = message.properties as { participants: JsonObject };
  const { user, outsideParty } = splitParticipant(participants.items as JsonObject);
  participants.items = {
    oneOf: [{ $ref: '#/components/schemas/User' }, { $ref: '#/components/schemas/OutsideParty' }],
  };
  return { User: user, OutsideParty: outsideParty, RequestMessage: message, ResultEvent: event };
}
