import { describeDenial, isAccessDenied } from '../aws/access-denied.ts';

/** The adder and follow-up use these. */
export const TABLE_ACTIONS = 'dynamodb:GetItem, dynamodb:PutItem and dynamodb:UpdateItem';

/** The requests table could not be reached. Genesys Cloud is not called, and the request is deferred. */
export class TableError extends Error {
  constructor(cause: unknown) {
    super(
      isAccessDenied(cause)
        ? describeDenial('requests table', TABLE_ACTIONS)
        : 'The requests table could not be reached',
      { cause },
    );
    this.name = 'TableError';
  }
}
