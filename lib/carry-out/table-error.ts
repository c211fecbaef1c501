/** The requests table could not be reached. Genesys Cloud is not called, and the request is deferred. */
export class TableError extends Error {
  constructor(cause: unknown) {
    super('The requests table could not be reached', { cause });
    this.name = 'TableError';
  }
}
