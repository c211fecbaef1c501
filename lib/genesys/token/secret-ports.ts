/** One version of a secret. */
export interface SecretVersion {
  value: string;
  versionId: string;
}

/** Reads the version with a staging label; `undefined` where there is none. */
export type SecretReader = (stage: string) => Promise<SecretVersion | undefined>;

export interface NewSecretVersion {
  value: string;
  /** Names the version: whoever comes second with the same one, and another value, loses. */
  clientRequestToken: string;
  /** Labels that move to the new version; none given: `AWSCURRENT`. */
  stages?: string[];
}

/**
 * Writes a version, `taken` if there is one of that name already. With a name that all writers
 * derive from the same state this is a compare-and-swap (AWS: PutSecretValue, ClientRequestToken).
 */
export type SecretWriter = (version: NewSecretVersion) => Promise<'written' | 'taken'>;
