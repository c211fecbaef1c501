/** Shorter parts of a path are names, not tokens. */
const SHORTEST_TOKEN = 16;

/** Parts of the webhook's URL by which a receiver may authenticate us: long path segments and query values. */
export function webhookUrlSecrets(url: string | undefined): string[] {
  const parsed = url === undefined ? undefined : URL.parse(url);
  if (!parsed) return [];
  const segments = parsed.pathname.split('/').filter(({ length }) => length >= SHORTEST_TOKEN);
  return [...segments, ...parsed.searchParams.values()];
}
