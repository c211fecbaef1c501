/** The issued tokens. Several can be valid at the same time, as on the platform. */
export interface AccessTokens {
  issue(nowMs: number, lifetimeSeconds: number): string;
  isValid(token: string, nowMs: number): boolean;
  /** Without a token: revokes all. */
  revoke(token?: string): void;
  /** Number of tokens issued so far. */
  readonly issued: number;
}

export function createAccessTokens(newToken: () => string): AccessTokens {
  const expiries = new Map<string, number>();
  let issued = 0;
  return {
    get issued() {
      return issued;
    },
    issue(nowMs, lifetimeSeconds) {
      const token = newToken();
      expiries.set(token, nowMs + lifetimeSeconds * 1000);
      issued += 1;
      return token;
    },
    isValid: (token, nowMs) => (expiries.get(token) ?? 0) > nowMs,
    revoke(token) {
      if (token === undefined) expiries.clear();
      else expiries.delete(token);
    },
  };
}
