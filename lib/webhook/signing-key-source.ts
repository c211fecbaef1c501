import { AdderError } from '../domain/adder-error.ts';
import type { Clock } from '../domain/clock.ts';
import type { Redactor } from '../domain/redact.ts';
import { listSecrets, parseSigningKeys, type SigningKey } from './signing-keys.ts';

/** Keys are read again after this: a rotation is noticed then. */
const REFRESH_AFTER_MS = 2 * 60_000;
/** Keys older than this are not used: a key that was removed must stop signing. */
const MAX_AGE_MS = 5 * 60_000;

export interface SigningKeySourceOptions {
  /** `WEBHOOK_SIGNING_SECRET_ID`; `undefined`: no key is configured. */
  secretId: string | undefined;
  /** `WEBHOOK_ALLOW_UNSIGNED`: without a configured key, events are delivered unsigned. */
  allowUnsigned: boolean;
  /** Resolves to `undefined` if the secret has no value yet. */
  getSecret: (secretId: string) => Promise<{ value: string } | undefined>;
  /** Learns every key of the secret, whether it is usable or not. */
  redactor: Pick<Redactor, 'addSecret'>;
  clock: Clock;
  log: {
    info(message: string, fields?: Record<string, unknown>): void;
    warn(message: string, fields?: Record<string, unknown>): void;
    error(message: string, fields?: Record<string, unknown>): void;
  };
}

/** The keys to sign with now. An empty list: deliver unsigned. */
export type SigningKeySource = () => Promise<readonly SigningKey[]>;

/** No key to sign with: nothing may be delivered. */
export class SigningKeysUnavailableError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SigningKeysUnavailableError';
  }
}

/** The secret was read, and there is nothing in it to sign with. */
class UnusableSecretError extends Error {}

/**
 * Reads the signing keys and keeps them in memory for a few minutes. Of several calls at once, one
 * reads. While a read fails, keys that are not yet five minutes old go on signing.
 *
 * A key that cannot be used is logged by its position and left out. If none is left, nothing is
 * delivered: a receiver that does not check must not get used to missing signatures.
 * @throws SigningKeysUnavailableError
 */
export function createSigningKeySource(options: SigningKeySourceOptions): SigningKeySource {
  const { secretId, allowUnsigned, getSecret, redactor, clock, log } = options;
  const withoutKeys = (reason: string): readonly SigningKey[] => {
    if (!allowUnsigned) {
      throw new SigningKeysUnavailableError(
        `no signing key is configured (${reason}); create one with npm run credentials, or set WEBHOOK_ALLOW_UNSIGNED=true`,
      );
    }
    log.warn('webhooks are delivered unsigned', { reason });
    return [];
  };
  if (secretId === undefined) {
    return async () => withoutKeys('WEBHOOK_SIGNING_SECRET_ID is not set');
  }
  let cached:
    | { keys: readonly SigningKey[]; text: string | undefined; readAtMs: number }
    | undefined;
  let reading: Promise<readonly SigningKey[]> | undefined;

  async function read(): Promise<readonly SigningKey[]> {
    const readAtMs = clock.now();
    const secret = await getSecret(secretId as string);
    for (const text of listSecrets(secret?.value ?? '')) redactor.addSecret(text);
    if (cached && cached.text === secret?.value) {
      cached.readAtMs = readAtMs;
      return cached.keys;
    }
    // A secret does not lose its value except by being deleted.
    if (!secret && cached && cached.keys.length > 0)
      throw new UnusableSecretError('the secret has gone');
    const { keys, problems } = secret ? parseSigningKeys(secret.value) : { keys: [], problems: [] };
    for (const problem of problems) log.error('signing key unusable', { error: problem });
    if (keys.length === 0 && problems.length > 0) {
      throw new UnusableSecretError('the signing secret has no usable key');
    }
    if (keys.length === 0) return withoutKeys('the signing secret has no keys');
    log.info('signing keys read', { keys: keys.length, schemes: keys.map((key) => key.scheme) });
    cached = { keys, text: secret?.value, readAtMs };
    return keys;
  }

  async function readOrKeep(): Promise<readonly SigningKey[]> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof SigningKeysUnavailableError) throw error;
      const { name, message } = error as Error;
      log.error('signing keys cannot be read', { error });
      if (cached && clock.now() - cached.readAtMs < MAX_AGE_MS) return cached.keys;
      // A message of AWS may name the secret's ARN, and with it the account: it stays in the log.
      const isOurs = error instanceof UnusableSecretError || error instanceof AdderError;
      const reason = isOurs ? message : name;
      throw new SigningKeysUnavailableError(`the signing keys cannot be read: ${reason}`, error);
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
