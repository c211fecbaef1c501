import * as z from 'zod/mini';
import { parseJson } from '../../domain/json.ts';
import type { Redactor } from '../../domain/redact.ts';
import { type AccessToken, isFitForHeader } from './request-token.ts';

const storedToken = z.object({
  accessToken: z.string().check(z.refine(isFitForHeader)),
  /** Where it was requested: a token of another host is of no use. */
  tokenUrl: z.string(),
  issuedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

/** The token secret: one value, replaced with each token. */
export interface TokenSecret {
  /** `undefined`: no token of this host, or an unreadable value. @throws the SDK's errors */
  read(): Promise<AccessToken | undefined>;
  /** @throws the SDK's errors */
  write(token: AccessToken): Promise<void>;
}

export function createTokenSecret(deps: {
  read: () => Promise<{ value: string } | undefined>;
  write: (value: string) => Promise<unknown>;
  tokenUrl: string;
  /** Learns every token, good or not. */
  redactor: Pick<Redactor, 'addSecret'>;
}): TokenSecret {
  const { tokenUrl, redactor } = deps;
  return {
    async read() {
      const version = await deps.read();
      if (version === undefined) return undefined;
      const { success, data } = storedToken.safeParse(parseJson(version.value));
      if (!success) return undefined;
      redactor.addSecret(data.accessToken);
      if (data.tokenUrl !== tokenUrl) return undefined;
      return {
        accessToken: data.accessToken,
        issuedAtMs: Date.parse(data.issuedAt),
        expiresAtMs: Date.parse(data.expiresAt),
      };
    },

    async write({ accessToken, issuedAtMs, expiresAtMs }) {
      await deps.write(
        JSON.stringify({
          accessToken,
          tokenUrl,
          issuedAt: new Date(issuedAtMs).toISOString(),
          expiresAt: new Date(expiresAtMs).toISOString(),
        }),
      );
    },
  };
}
