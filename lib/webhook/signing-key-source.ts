import type { Clock } from '../domain/clock.ts';
import { parseSigningKeys, type SigningKey } from './signing-keys.ts';

/** Keys are read anew after so long, which is when a rotation is noticed. */
const REFRESH_AFTER_MS = 2 * 60_000;
/** Keys older than this sign nothing, whatever the secrets service says (contract: five minutes). */
const MAX_AGE_MS = 5 * 60_000;

export interface SigningKeySourceOptions {
  /** `WEBHOOK_SIGNING_SECRET_ID`; `undefined`: nothing is signed. */
  secretId: string | undefined;
  /** `undefined` where the secret has no value yet. */
  getSecret: (secretId: string) => Promise<{ value: string } | undefined>;
  clock: Clock;
  log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
    error(message: string, fields?: Record<string, unknown>): void;
  };
}

/** The keys to sign with now. An empty list: none is configured. */
export type SigningKeySource = () => Promise<readonly SigningKey[]>;

/** There should be keys and they cannot be had: nothing may be sent, least of all unsigned. */
export class SigningKeysUnavailable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SigningKeysUnavailable';
  }
}

/**
 * Reads the signing keys and keeps them in memory for a few minutes. Of several calls at once, one
 * reads. While a read fails, keys that are not yet five minutes old go on signing.
 *
 * A key that cannot be used is logged by its position and left out. Where that leaves none, nothing
 * is sent: a receiver that expects signatures would refuse it, and one that does not check must not
 * get used to their absence.
 * @throws SigningKeysUnavailable
 */
export function createSigningKeySource(options: SigningKeySourceOptions): SigningKeySource {
  const { secretId, getSecret, clock, log } = options;
  if (secretId === undefined) {
    log.warn('webhooks are sent unsigned: WEBHOOK_SIGNING_SECRET_ID is not set');
    return async () => [];
  }
  let cached:
    | { keys: readonly SigningKey[]; text: string | undefined; readAtMs: number }
    | undefined;
  let reading: Promise<readonly SigningKey[]> | undefined;

  async function read(): Promise<readonly SigningKey[]> {
    const readAtMs = clock.now();
    const secret = await getSecret(secretId as string);
    if (cached && cached.text === secret?.value) {
      cached.readAtMs = readAtMs;
      return cached.keys;
    }
    // A secret does not lose its value except by being deleted.
    if (!secret && cached && cached.keys.length > 0) throw new Error('the secret has gone');
    const { keys, problems, warnings } = secret
      ? parseSigningKeys(secret.value)
      : { keys: [], problems: [], warnings: [] };
    for (const problem of problems) log.error('signing key unusable', { error: problem });
    for (const warning of warnings) log.warn('signing key weak', { error: warning });
    if (keys.length === 0 && problems.length > 0) {
      throw new Error('the signing secret has no usable key');
    }
    if (keys.length === 0) {
      log.warn('webhooks are sent unsigned: the signing secret has no keys');
    } else {
      log.info('signing keys read', { keys: keys.length, schemes: keys.map((key) => key.scheme) });
    }
    cached = { keys, text: secret?.value, readAtMs };
    return keys;
  }

  async function readOrKeep(): Promise<readonly SigningKey[]> {
    try {
      return await read();
    } catch (error) {
      const { name, message } = error as Error;
      log.error('signing keys cannot be read', { error: `${name}: ${message}` });
      if (cached && clock.now() - cached.readAtMs < MAX_AGE_MS) return cached.keys;
      throw new SigningKeysUnavailable(`the signing keys cannot be read: ${message}`, error);
    }
  }

  return () => {
    if (cached && clock.now() - cached.readAtMs < REFRESH_AFTER_MS) {
      return Promise.resolve(cached.keys);
    }
    reading ??= readOrKeep().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}
