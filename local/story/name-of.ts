import {
  GENERIC_CONVERSATION,
  PLATFORM_CONVERSATION,
  SAMPLE_USERS,
} from '../genesys/sample-organisation.ts';

const NAMES = new Map<string, string>([
  ...Object.entries(SAMPLE_USERS).map(([name, id]) => [id, name] as const),
  [PLATFORM_CONVERSATION, 'the platform call'],
  [GENERIC_CONVERSATION, 'the generic conversation'],
]);

/** What to call a person or a conversation: a sample's name, else an address or the start of an id. */
export function nameOf(id: string | undefined): string {
  if (id === undefined) return 'unknown';
  const name = NAMES.get(id.toLowerCase());
  if (name !== undefined) return name;
  return /^[\da-f]{8}-/i.test(id) ? id.slice(0, 8) : id;
}
