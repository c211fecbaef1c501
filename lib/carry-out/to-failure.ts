import type { Failure } from '../domain/add-flow/state.ts';
import { AdderError } from '../domain/adder-error.ts';
import { OutOfTimeError } from '../genesys/api/call-budget.ts';
import { GenesysError } from '../genesys/api/genesys-error.ts';
import { HttpError } from '../http/send-http.ts';

/** Longest detail of a cause, in characters. */
const MAX_DETAIL = 1_000;

/** The connection was never made, so nothing was sent over it. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** 403: the acting user has left the call, or is not active in it any more. */
const NOT_ACTIVE = /not\.active\.participant/;

/**
 * Translates an error of a call to Genesys Cloud for the flow. `undefined` for a defect of this service.
 * @param clean redacts and bounds foreign text
 * @param sent whether a request for this call was sent
 */
export function toFailure(
  error: unknown,
  clean: (text: string, maxLength: number) => string,
  sent: boolean,
): Failure | undefined {
  if (error instanceof OutOfTimeError) {
    return {
      code: 'INTERNAL_ERROR',
      detail: error.message,
      disposition: 'retry',
      lookAgain: false,
      blamed: [],
      notActive: false,
      outOfTime: true,
      notSent: !sent,
    };
  }
  if (!(error instanceof AdderError)) return undefined;
  const common = {
    code: error.code,
    detail: clean(error.message, MAX_DETAIL),
    disposition: error.disposition,
    retryAfterMs: error.retryAfterMs,
    outOfTime: false,
  };
  if (!(error instanceof GenesysError)) {
    return { ...common, lookAgain: false, blamed: [], notActive: false, notSent: !sent };
  }
  return {
    ...common,
    lookAgain: error.remedy === 're-read',
    status: error.status,
    blamed: error.blamed,
    notActive: error.status === 403 && NOT_ACTIVE.test(error.vendorCode ?? ''),
    notSent: !sent || wasNotConnected(error.cause),
  };
}

function wasNotConnected(fault: unknown): boolean {
  const { code } = (fault instanceof HttpError ? (fault.cause ?? {}) : {}) as { code?: string };
  return code !== undefined && NOT_CONNECTED.has(code);
}
