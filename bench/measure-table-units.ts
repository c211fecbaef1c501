import { setTimeout as delay } from 'node:timers/promises';
import { connectionEventId, eventId } from '../lib/domain/event-id.ts';
import { checkAccepted, checkDelivered, checkFinished } from './check-success.ts';
import { httpEvent, openConversation, sqsEvent } from './events.ts';
import { type FunctionName, packagedFunction } from './function-modules.ts';
import { type FunctionProcess, startFunction } from './start-function.ts';
import { startMeteringProxy, type TableUnits } from './start-metering-proxy.ts';
import type { Servers } from './start-servers.ts';

/** The first look of the connection watch. */
const FIRST_LOOK_MS = 15_000;

/** Units of the table for one request. */
export interface RequestUnits {
  /** Intake, adder and relay, with one event. */
  request: TableUnits;
  /** A watch that one look decides, the message that would have ended it, and the relay of its event. */
  watch: TableUnits;
}

/** People answer before the first look. */
const ANSWER_AFTER_MS = 1_000;

/** One request on its way through the packaged functions, counted at the table. */
export async function measureTableUnits(
  servers: Servers,
  userIds: readonly string[],
): Promise<RequestUnits> {
  const { environment, genesys, sqs } = servers;
  const proxy = await startMeteringProxy(environment.AWS_ENDPOINT_URL_DYNAMODB ?? '');
  const watchQueue = sqs.createQueue('table-units-watch');
  const start = async (name: FunctionName) =>
    startFunction(await packagedFunction(name), {
      ...environment,
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
      WATCH_QUEUE_URL: watchQueue.url,
    });
  const [intake, adder, relay, followUp] = await Promise.all([
    start('intake'),
    start('adder'),
    start('relay'),
    start('follow-up'),
  ]);
  /** The newest message, of those that nothing has received. */
  const latest = (queue: string) => JSON.parse(sqs.inspect(queue).ready.at(-1) ?? 'null');
  const handle = async (instance: FunctionProcess, message: object) =>
    checkFinished((await instance.call(sqsEvent([message]))).responses);
  const deliver = async () => {
    const sent = latest(servers.queues.audit.name);
    const { request_id: requestId } = sent.audit;
    const isResult = sent.event !== 'participant_connection';
    const id = isResult ? eventId(requestId) : connectionEventId(requestId);
    const [message] = sqsEvent([sent]).Records;
    const messageAttributes = { event_id: { stringValue: id, dataType: 'String' } };
    await checkDelivered(servers, 1, 'verified', async () =>
      checkFinished((await relay.call({ Records: [{ ...message, messageAttributes }] })).responses),
    );
  };
  const carryOut = async (): Promise<void> => {
    const conversationId = openConversation(genesys.state.organisation, 'platform');
    checkAccepted((await intake.call(httpEvent(conversationId, userIds))).responses);
    await handle(adder, latest(servers.queues.requests.name));
    await deliver();
  };
  const { behaviour } = genesys.state;
  const { answerAfterMs } = behaviour;
  behaviour.answerAfterMs = ANSWER_AFTER_MS;
  try {
    // Gets the token and writes the items that all requests share.
    await carryOut();
    proxy.takeUnits();
    await carryOut();
    const ofRequest = proxy.takeUnits();
    const { audit } = latest(servers.queues.audit.name);
    await delay(FIRST_LOOK_MS);
    await handle(followUp, { requestId: audit.request_id });
    await deliver();
    await handle(followUp, { requestId: audit.request_id });
    return { request: ofRequest, watch: proxy.takeUnits() };
  } finally {
    behaviour.answerAfterMs = answerAfterMs;
    await Promise.all([intake, adder, relay, followUp].map((instance) => instance.stop()));
    await proxy.stop();
  }
}
