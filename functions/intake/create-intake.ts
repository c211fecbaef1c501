import { correlate } from '../../lib/api/correlate.ts';
import { type HttpOrDataAction, orDataAction } from '../../lib/api/or-data-action.ts';
import { respondWithProblems } from '../../lib/api/respond-with-problems.ts';
import { explainDeniedSends } from '../../lib/aws/explain-denied-sends.ts';
import type { AddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import { wrapHandler } from '../../lib/wrap-handler.ts';
import { type AcceptRequestDeps, createAcceptRequest } from './accept-request.ts';
import { createAddByDataAction } from './add-by-data-action.ts';
import { createHandler } from './handler.ts';
import { createCheckRequest, createReadRequest } from './read-request.ts';

export interface IntakePorts extends AcceptRequestDeps {
  addressPolicy: AddressPolicy;
  randomUuid: () => string;
}

/** Builds intake from its ports. */
export function createIntake(ports: IntakePorts): HttpOrDataAction {
  const checkRequest = createCheckRequest(ports.addressPolicy);
  const sendMessage = explainDeniedSends(ports.sendMessage);
  const acceptRequest = createAcceptRequest({ ...ports, sendMessage });
  const readRequest = createReadRequest(checkRequest);
  const handleHttp = createHandler({ readRequest, acceptRequest });
  return orDataAction({
    http: wrapHandler(handleHttp, {
      log: ports.log,
      middlewares: [correlate(ports.randomUuid), respondWithProblems(ports)],
    }),
    dataAction: createAddByDataAction({ ...ports, checkRequest, acceptRequest }),
    log: ports.log,
  });
}
