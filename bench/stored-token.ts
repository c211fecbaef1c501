const DAY_MS = 86_400_000;

/** The token secret, as an instance that was here before has left it. */
export function storedToken(accessToken: string, genesysUrl: string, nowMs: number) {
  const value = JSON.stringify({
    kind: 'token',
    accessToken,
    tokenUrl: `${genesysUrl}/oauth/token`,
    issuedAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + DAY_MS).toISOString(),
  });
  return { value, versionId: '1', stages: ['AWSCURRENT'] };
}
