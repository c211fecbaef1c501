/** The calendar is checked apart: for `Date.parse`, 30 February is 2 March. */
const RFC_3339 =
  /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Reads an RFC 3339 time, in milliseconds since the epoch. */
export function readTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const date = RFC_3339.exec(value)?.[1] ?? '';
  const midnightMs = Date.parse(`${date}T00:00:00Z`);
  const isDay = !Number.isNaN(midnightMs) && new Date(midnightMs).toISOString().startsWith(date);
  return isDay ? Date.parse(value) : undefined;
}
