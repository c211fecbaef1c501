import type { RequestResource } from '../../lib/domain/request-resource.ts';

/** One line a request. */
export function renderRequests(requests: readonly RequestResource[], where: string): string {
  if (requests.length === 0) return `There are no requests of this conversation in ${where}.`;
  return requests
    .map(({ requestId, status, requestedAt, participants, code }) =>
      [requestId, requestedAt, status.padEnd(11), `${participants.length} asked for`, code ?? '']
        .join('  ')
        .trimEnd(),
    )
    .map(printable)
    .join('\n');
}

/** All of a request, as JSON. */
export function renderRequest(request: RequestResource): string {
  return printable(JSON.stringify(request, null, 2));
}

/** Foreign text must not control the terminal. Line breaks are escaped in JSON already. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?');
}
