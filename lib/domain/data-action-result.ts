import type { FieldError } from './field-error.ts';
import { isFinal, type RequestRecord } from './request-record.ts';
import { resultOf } from './request-resource.ts';

/** The caller that every data action counts as. */
export const DATA_ACTION_CALLER = {
  name: 'genesys-data-action',
  identity: ['data-action', 'genesys-data-action'],
} as const;

/** The flat result of a data action. Every field is always present. */
export interface DataActionResult {
  requestId: string;
  status: string;
  /** RFC 3339. */
  deadline: string;
  /** Empty if absent. */
  code: string;
  error: string;
  /** Participants who are in the conversation now, or would be after a dry run. */
  added: number;
  /** The others, once the request is final. */
  notAdded: number;
}

const IN: readonly unknown[] = ['ADDED', 'ALREADY_PRESENT', 'WOULD_BE_ADDED'];

/** Shows a record to a data action. */
export function toDataActionResult(record: RequestRecord): DataActionResult {
  const { code = '', error = '' } = resultOf(record);
  const added = record.participants.filter(({ outcome }) => IN.includes(outcome)).length;
  return {
    requestId: record.requestId,
    status: record.status,
    deadline: new Date(record.deadlineMs).toISOString(),
    code,
    error,
    added,
    notAdded: isFinal(record) ? record.participants.length - added : 0,
  };
}

/** A data action was refused. Genesys Cloud shows the message in the flow's error outputs. */
export class DataActionError extends Error {
  override readonly name = 'DataActionError';
}

/** Names every invalid field of the flat input. */
export function invalidInput(errors: readonly FieldError[]): DataActionError {
  const places = errors.map(({ pointer, detail }) => `${pointer.slice(1) || 'input'} ${detail}`);
  return new DataActionError(`Invalid input: ${places.join('; ')}.`);
}
