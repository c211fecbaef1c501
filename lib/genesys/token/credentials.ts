import { AdderError } from '../../domain/errors.ts';
import { asObject, asString, parseJson } from '../../domain/json.ts';

/** The OAuth client, from the secret `{"clientId", "clientSecret"}`. */
export interface Credentials {
  clientId: string;
  clientSecret: string;
  /** Of the secret: a new one is worth a new try with credentials that were refused. */
  versionId: string;
}

export type ReadCredentials = () => Promise<Credentials>;

/**
 * Reads the credentials afresh: they are asked for once a token, and may have been mended.
 * The returned function throws AdderError `INVALID_CREDENTIALS` where the secret has no value, or
 * none that it can use. Its content is never part of an error.
 */
export function createReadCredentials(
  read: () => Promise<{ value: string; versionId: string } | undefined>,
): ReadCredentials {
  return async () => {
    const version = await read();
    const refuse = (what: string) =>
      new AdderError(
        `The credentials secret ${what}; put {"clientId": "…", "clientSecret": "…"} into it (npm run credentials)`,
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
