import { correlate } from '../../lib/api/correlate.ts';
import { type HttpOrDataAction, orDataAction } from '../../lib/api/or-data-action.ts';
import {
  type RespondWithProblemsDeps,
  respondWithProblems,
} from '../../lib/api/respond-with-problems.ts';
import { explainDeniedSends } from '../../lib/aws/explain-denied-sends.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import { createSendResult } from '../../lib/aws/send-result.ts';
import { reportResult } from '../../lib/carry-out/report-result.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import type { WaitForResult } from '../../lib/records/wait-for-result.ts';
import { wrapHandler } from '../../lib/wrap-handler.ts';
import { createCancelRequest } from './cancel-request.ts';
import { createGetByDataAction } from './get-by-data-action.ts';
import { createHandler } from './handler.ts';
import { createMaySee } from './may-see.ts';

export interface RequestsPorts extends RespondWithProblemsDeps {
  records: RecordStore;
  waitForResult: WaitForResult;
  sendMessage: SendMessage;
  auditQueueUrl: string;
  /** `READ_ALL_CALLERS` */
  readAllCallers: readonly string[];
  /** How long a record is kept after its last change. */
  retentionMs: number;
  clock: Pick<Clock, 'now'>;
  randomUuid: () => string;
  /** Unique to each write. */
  newWriteId: () => string;
}

/** Builds `requests` from its ports. */
export function createRequests(ports: RequestsPorts): HttpOrDataAction {
  const maySee = createMaySee(ports.readAllCallers);
  const cancelRequest = createCancelRequest({
    ...ports,
    sendResult: createSendResult(explainDeniedSends(ports.sendMessage), ports.auditQueueUrl),
    onResult: (result) => reportResult(ports, result),
  });
  return orDataAction({
    http: wrapHandler(createHandler({ ...ports, maySee, cancelRequest }), {
      log: ports.log,
      middlewares: [correlate(ports.randomUuid), respondWithProblems(ports)],
    }),
    dataAction: createGetByDataAction({ ...ports, maySee }),
    log: ports.log,
  });
}
