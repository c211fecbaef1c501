import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { parseJson } from '../../domain/json.ts';
import { timestamp } from '../../domain/timestamp.ts';
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

const storedLease = z.object({
  kind: z.literal('lease'),
  base: z.string(),
  generation: z.int(),
  holder: z.string(),
});

const storedToken = z.object({
  kind: z.literal('token'),
  accessToken: z.string().check(z.minLength(1)),
  tokenUrl: z.string(),
  issuedAt: timestamp,
  expiresAt: timestamp,
});

/** The right to replace a state: held by one instance, taken over under the next generation. */
export type Lease = Pick<z.output<typeof storedLease>, 'base' | 'generation'>;

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

function readLease(value: string): Lease | undefined {
  const lease = storedLease.safeParse(parseJson(value)).data;
  return lease && { base: lease.base, generation: lease.generation };
}

function readToken(value: string, wantedUrl: string): AccessToken | undefined {
  const token = storedToken.safeParse(parseJson(value)).data;
  if (token?.tokenUrl !== wantedUrl) return undefined;
  const { accessToken, issuedAt: issuedAtMs, expiresAt: expiresAtMs } = token;
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
        value: JSON.stringify({
          kind: 'lease',
          base,
          generation,
          holder,
        } satisfies z.input<typeof storedLease>),
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
      } satisfies z.input<typeof storedToken>);
      await write({
        value,
        clientRequestToken: createHash('sha256').update(value).digest('hex'),
      });
    },
  };
}
