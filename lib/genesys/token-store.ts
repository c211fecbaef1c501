import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
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

const tokenDocument = z.object({
  kind: z.literal('token'),
  accessToken: z.string(),
  tokenUrl: z.string(),
  issuedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

const leaseDocument = z.object({
  kind: z.literal('lease'),
  base: z.string(),
  generation: z.int(),
  holder: z.string(),
});

/** The state of a secret that never had a value. */
const EMPTY = 'empty';

function parse<Schema extends z.ZodMiniType>(schema: Schema, value: string) {
  try {
    return schema.safeParse(JSON.parse(value)).data as z.output<Schema> | undefined;
  } catch {
    return undefined;
  }
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
      const lease = parse(leaseDocument, version.value);
      if (lease) return { base: lease.base, token: undefined };
      const stored = parse(tokenDocument, version.value);
      const usable = stored !== undefined && stored.tokenUrl === tokenUrl;
      return {
        base: version.versionId,
        token: usable
          ? {
              accessToken: stored.accessToken,
              issuedAtMs: Date.parse(stored.issuedAt),
              expiresAtMs: Date.parse(stored.expiresAt),
            }
          : undefined,
      };
    },

    async readLease() {
      const version = await read(LEASE_STAGE);
      const lease = version && parse(leaseDocument, version.value);
      return lease && { base: lease.base, generation: lease.generation };
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
