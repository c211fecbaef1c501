import { AdderError } from '../../domain/adder-error.ts';
import { asObject, asString, parseJson } from '../../domain/json.ts';

/** The OAuth client, from the secret `{"clientId", "clientSecret"}`. */
export interface Credentials {
  clientId: string;
  clientSecret: string;
  /** Of the secret. With a new version, refused credentials are tried again. */
  versionId: string;
}

export type ReadCredentials = () => Promise<Credentials>;

/**
 * Reads the credentials without a cache: they are needed once per token, and may have been corrected.
 * The returned function throws AdderError `INVALID_CREDENTIALS` if the secret has no usable value. Errors
 * never contain the secret.
 */
export function createReadCredentials(
  read: () => Promise<{ value: string; versionId: string } | undefined>,
): ReadCredentials {
  return async () => {
    const version = await read();
    const refuse = (what: string) =>
      new AdderError(
        `The credentials secret ${what}; store {"clientId": "…", "clientSecret": "…"} in it (npm run credentials)`,
        { code: 'INVALID_CREDENTIALS', disposition: 'fatal' },
      );
    if (version === undefined) throw refuse('has no value yet');
    const value = parseJson(version.value);
    if (value === undefined) throw refuse('is not JSON');
    const fields = asObject(value);
    const clientId = asString(fields?.clientId);
    const clientSecret = asString(fields?.clientSecret);
    if (!clientId || !clientSecret) throw refuse('lacks the client id or the client secret');
    return { clientId, clientSecret, versionId: version.versionId };
  };
}
