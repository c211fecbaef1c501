/** Ids of the failed messages, or the reason why the whole batch failed. */
export type Failures = { all: false; ids: Set<string> } | { all: true; why: string };

/**
 * Reads a function's response by the rules of `ReportBatchItemFailures` ("Handling errors for an SQS
 * event source in Lambda"): no response, `{}` and an empty or null list are success. An empty or unknown
 * identifier, or a response of another shape, fails the whole batch.
 */
export function readFailures(response: unknown, messageIds: string[]): Failures {
  if (response === null || response === undefined) return { all: false, ids: new Set() };
  if (typeof response !== 'object' || Array.isArray(response)) {
    return { all: true, why: 'the response is not an object' };
  }
  const keys = Object.keys(response);
  const list = (response as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (keys.length > 0 && !keys.includes('batchItemFailures')) {
    return { all: true, why: `the response has ${keys.join(', ')} and no batchItemFailures` };
  }
  if (!Array.isArray(list)) return { all: true, why: 'batchItemFailures is not a list' };
  const known = new Set(messageIds);
  const ids = new Set<string>();
  for (const item of list) {
    const id = (item as { itemIdentifier?: unknown } | null)?.itemIdentifier;
    if (typeof id !== 'string' || !known.has(id)) {
      return { all: true, why: `itemIdentifier ${JSON.stringify(id)} is not in the batch` };
    }
    ids.add(id);
  }
  return { all: false, ids };
}
