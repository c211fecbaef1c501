import { createHash } from 'node:crypto';
import { asObject, asString, type Fields, parseJson } from '../../domain/json.ts';
import { readTime } from '../../domain/time.ts';
import type { AccessToken } from './request-token.ts';
import type { SecretReader, SecretWriter } from './secret-ports.ts';

/** The staging label of the newest lease: the right to ask for a token. */
export const LEASE_STAGE = 'REFRESH_LEASE';

/** What the token secret holds now. */
export interface StoredState {
  /** Names this state; a lease is for the replacement of one state. */
  base: string;
  token: AccessToken | undefined;
}

/** The right to replace a state: held by one instance, taken over under the next generation. */
export interface Lease {
  base: string;
  generation: number;
}

/** The token secret, shared by all instances. The protocol is in docs/token-sharing.md. */
export interface TokenStore {
  readState(): Promise<StoredState>;
  readLease(): Promise<Lease | undefined>;
  /** Takes the right to replace `base`. Of all who try with one generation, one gets true. */
  takeLease(base: string, generation: number): Promise<boolean>;
  writeToken(token: AccessToken): Promise<void>;
}

/** The state of a secret that never had a value. */
const EMPTY = 'empty';

/** A document of this store of one kind; nothing where the value is something else. */
function documentOf(kind: 'token' | 'lease', value: string): Fields | undefined {
  const fields = asObject(parseJson(value));
  return fields?.kind === kind ? fields : undefined;
}

function readLease(value: string): Lease | undefined {
  const { base, generation, holder } = documentOf('lease', value) ?? {};
  return typeof base === 'string' && typeof holder === 'string' && Number.isSafeInteger(generation)
    ? { base, generation: Number(generation) }
    : undefined;
}

function readToken(value: string, tokenUrl: string): AccessToken | undefined {
  const fields = documentOf('token', value);
  const accessToken = asString(fields?.accessToken);
  const issuedAtMs = readTime(fields?.issuedAt);
  const expiresAtMs = readTime(fields?.expiresAt);
  if (fields?.tokenUrl !== tokenUrl || !accessToken) return undefined;
  if (issuedAtMs === undefined || expiresAtMs === undefined) return undefined;
  return { accessToken, issuedAtMs, expiresAtMs };
}

/**
 * Keeps the token in a Secrets Manager secret. A token of another host than `tokenUrl`, or a value
 * that is none of ours, counts as no token.
 * @param holder a name of this instance that no other has
 */
export function createTokenStore(deps: {
  read: SecretReader;
  write: SecretWriter;
  tokenUrl: string;
  holder: string;
}): TokenStore {
  const { read, write, tokenUrl, holder } = deps;
  return {
    async readState() {
      const version = await read('AWSCURRENT');
      if (version === undefined) return { base: EMPTY, token: undefined };
      // The first version of a secret becomes AWSCURRENT whatever its labels (PutSecretValue): a
      // lease found there still stands for the empty secret.
      const lease = readLease(version.value);
      if (lease) return { base: lease.base, token: undefined };
      return { base: version.versionId, token: readToken(version.value, tokenUrl) };
    },

    async readLease() {
      const version = await read(LEASE_STAGE);
      return version && readLease(version.value);
    },

    async takeLease(base, generation) {
      const outcome = await write({
        value: JSON.stringify({ kind: 'lease', base, generation, holder }),
        clientRequestToken: createHash('sha256')
          .update(JSON.stringify(['lease', base, generation]))
          .digest('hex'),
        stages: [LEASE_STAGE],
      });
      return outcome === 'written';
    },

    async writeToken({ accessToken, issuedAtMs, expiresAtMs }) {
      const value = JSON.stringify({
        kind: 'token',
        accessToken,
        tokenUrl,
        issuedAt: new Date(issuedAtMs).toISOString(),
        expiresAt: new Date(expiresAtMs).toISOString(),
      });
      await write({
        value,
        clientRequestToken: createHash('sha256').update(value).digest('hex'),
      });
    },
  };
}
