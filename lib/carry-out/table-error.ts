import { describeDenial, isAccessDenied } from '../aws/access-denied.ts';

/** What the adder and follow-up do with the table. */
export const TABLE_ACTIONS =
  'dynamodb:GetItem, dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:UpdateItem, and dynamodb:Query for follow-up';

/** The table could not be used for a request. Genesys Cloud is not called, and the request is deferred. */
export class TableError extends Error {
  /** Whether the table was reached, and its record does not have the form of one. */
  readonly isUnreadable: boolean;

  constructor(cause: unknown) {
    const isUnreadable = cause instanceof Error && /zoderror/i.test(cause.name);
    super(isUnreadable ? 'The record of the request cannot be read' : describe(cause), { cause });
    this.name = 'TableError';
    this.isUnreadable = isUnreadable;
  }
}

function describe(cause: unknown): string {
  return isAccessDenied(cause)
    ? describeDenial('requests table', TABLE_ACTIONS)
    : 'The requests table could not be reached';
}
