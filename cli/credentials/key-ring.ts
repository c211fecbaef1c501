import { UserError } from '../../lib/user-error.ts';
import { parseSigningKeys } from '../../lib/webhook/signing-keys.ts';

/**
 * The signing secret with one more key, as the last one. All keys sign until one is removed.
 * @param secret the secret's value; `undefined` if it has none yet
 * @throws UserError if the secret or the key cannot be used; the message contains neither
 */
export function addKey(secret: string | undefined, key: string): string {
  const keys = secret === undefined ? [] : readKeys(secret);
  if (keys.includes(key)) throw new UserError('This key is in the secret already.');
  const [problem] = parseSigningKeys(JSON.stringify({ keys: [key] })).problems;
  if (problem) throw new UserError(`The new signing key: ${problem.replace('key 1 of 1 ', 'it ')}`);
  return JSON.stringify({ keys: [...keys, key] });
}

/**
 * The signing secret without its oldest key.
 * @throws UserError if it is the only one: events would wait for a key
 */
export function removeOldestKey(secret: string | undefined): string {
  const keys = secret === undefined ? [] : readKeys(secret);
  if (keys.length < 2) {
    throw new UserError(
      `There ${keys.length === 1 ? 'is one key' : 'are no keys'} in the secret. Add the new one first: --signing-key add.`,
    );
  }
  return JSON.stringify({ keys: keys.slice(1) });
}

export function countKeys(secret: string): number {
  return readKeys(secret).length;
}

/** Keys that the relay cannot use are kept: removing them is the operator's decision. */
function readKeys(secret: string): string[] {
  let keys: unknown;
  try {
    keys = (JSON.parse(secret) as { keys?: unknown } | null)?.keys;
  } catch {
    // Reported below.
  }
  if (!Array.isArray(keys)) {
    throw new UserError('The signing secret is not {"keys": […]}. Fix it in the AWS console.');
  }
  return keys;
}
