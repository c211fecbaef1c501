/** The table of requests could not be reached: nothing is called, and the request is deferred. */
export class TableError extends Error {
  constructor(cause: unknown) {
    super('The table of requests could not be reached', { cause });
    this.name = 'TableError';
  }
}
