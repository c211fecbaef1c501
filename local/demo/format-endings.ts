import { wrap } from '../story/format-chapter.ts';
import { formatTable } from './format-table.ts';
import type { Ending } from './play-story.ts';

const WIDTH = 80;

/** What became of the stories: a table of at most 80 columns, and one result as the webhook has it. */
export function formatEndings(endings: readonly Ending[]): string[] {
  const time = (ms: number | undefined) => (ms === undefined ? '' : `${ms} ms`);
  const rows = endings.map(
    ({ response, acceptedMs, addedMs, verifiedMs, result, ...rest }, index) => [
      String(index + 1),
      response,
      time(acceptedMs),
      time(addedMs),
      time(verifiedMs),
      result?.status ?? 'refused',
      rest.complaints.length === 0 ? 'as it should' : 'NOT as it should',
    ],
  );
  const complaints = endings.flatMap(({ complaints: found }, index) =>
    found.flatMap((complaint) => wrap(`${index + 1}. ${complaint}`, WIDTH)),
  );
  const shown = endings.find(({ body }) => body !== undefined)?.body;
  return [
    '',
    'The result of the first one, as the webhook got it:',
    ...(shown === undefined ? [] : JSON.stringify(JSON.parse(shown), null, 2).split('\n')),
    '',
    formatTable([['', 'HTTP', 'accepted', 'added', 'webhook', 'result', 'ended'], ...rows]),
    ...complaints,
    '',
    ...wrap(
      'Times since the request was sent. The first one finds no function started yet.',
      WIDTH,
    ),
  ];
}
