import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ChangeVisibility } from '../../lib/aws/change-visibility.ts';
import type { DeleteMessage } from '../../lib/aws/delete-message.ts';
import { workThroughFifoBatch } from '../../lib/aws/fifo-batch.ts';
import { WAIT_IN_PLACE_MS } from '../../lib/carry-out/receive.ts';
import type { AdderConfig } from '../../lib/config.ts';
import type { CallAllowance } from '../../lib/genesys/pace/call-allowance.ts';
import { type HandleMessageDeps, handleMessage } from './handle-message.ts';
import { recordWaitingMessages } from './record-waiting-messages.ts';

/** Reserved at the end of the invocation for sending results and setting visibilities. */
const RESERVE_MS = 3_000;

export interface AdderDeps extends HandleMessageDeps {
  config: HandleMessageDeps['config'] & Pick<AdderConfig, 'REQUEST_QUEUE_URL'>;
  changeVisibility: ChangeVisibility;
  deleteMessage?: DeleteMessage | undefined;
  allowance: HandleMessageDeps['allowance'] & Pick<CallAllowance, 'usedPercent'>;
}

/** What the adder uses of Lambda's context. */
export type AdderContext = Pick<Context, 'getRemainingTimeInMillis'>;

export type AdderHandler = (event: SQSEvent, context: AdderContext) => Promise<SQSBatchResponse>;

/** Carries out the requests of a batch. Each gets a result on the audit queue, or is deferred. */
export function createHandler(deps: AdderDeps): AdderHandler {
  return async ({ Records }, context) => {
    const nowMs = deps.clock.now();
    const finishByMs = nowMs + context.getRemainingTimeInMillis() - RESERVE_MS;
    // One limit for all messages of a conversation in this batch.
    const waitByMs = nowMs + WAIT_IN_PLACE_MS;
    const recorded = recordWaitingMessages(deps, Records);
    const response = await workThroughFifoBatch(Records, {
      handle: async (message, isBlocked) => {
        await recorded.get(message.messageId);
        return handleMessage(deps, message, { finishByMs, waitByMs, isBlocked });
      },
      queueUrl: deps.config.REQUEST_QUEUE_URL,
      changeVisibility: deps.changeVisibility,
      deleteMessage: deps.deleteMessage,
      clock: deps.clock,
    });
    deps.putMetrics({
      name: 'BudgetUsedPercent',
      unit: 'Percent',
      value: deps.allowance.usedPercent(),
    });
    return response;
  };
}
