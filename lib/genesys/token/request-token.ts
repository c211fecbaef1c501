import { AdderError } from '../../domain/adder-error.ts';
import type { Clock } from '../../domain/clock.ts';
import { asObject, asString, parseJson } from '../../domain/json.ts';
import type { Redactor } from '../../domain/redact.ts';
import type { SendHttp } from '../../http/send-http.ts';
import { redactResponse } from '../api/redact-response.ts';
import type { GenesysHost } from '../api/region.ts';
import { httpErrorToGenesysError, toGenesysError, unreadable } from '../api/to-genesys-error.ts';
import type { CallAllowance } from '../pace/call-allowance.ts';
import { waitForCalls } from '../pace/wait-for-calls.ts';
import type { Credentials } from './credentials.ts';

/** Timeout of a token request. */
export const TOKEN_TIMEOUT_MS = 10_000;

/** Lifetime of a token whose response does not state one: the shortest that the platform issues. */
const SHORTEST_LIFE_SECONDS = 300;

/** A longer token would not pass through the platform's gateways; theirs have less than 100 characters. */
const LONGEST_TOKEN = 4_096;

/** Whether a token can be sent as `Authorization: Bearer` (RFC 9110, section 5.5): no spaces, no controls. */
export function isFitForHeader(token: string): boolean {
  return token.length <= LONGEST_TOKEN && /^[\x21-\x7e]+$/.test(token);
}

function unfitToken(): AdderError {
  return new AdderError(
    `The token endpoint issued a token that cannot be sent in a header: more than ${LONGEST_TOKEN} characters, or control characters in it; check that GENESYS_ENV names the right host`,
    { code: 'INVALID_CREDENTIALS', disposition: 'fatal' },
  );
}

/** An access token and the time it was given for. */
export interface AccessToken {
  accessToken: string;
  issuedAtMs: number;
  expiresAtMs: number;
}

export type RequestToken = (credentials: Credentials) => Promise<AccessToken>;

/**
 * Requests a token with the client-credentials grant. The platform's own hosts get the client by HTTP
 * Basic, a base URL by form fields; never both (RFC 6749, section 2.3).
 * The request counts towards the rate budget. The returned function throws GenesysError.
 */
export function createRequestToken(deps: {
  host: GenesysHost;
  sendHttp: SendHttp;
  allowance: CallAllowance;
  /** Learns the client and every token. */
  redactor: Redactor;
  clock: Clock;
}): RequestToken {
  const { host, sendHttp, allowance, redactor, clock } = deps;
  return async ({ clientId, clientSecret }) => {
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    const headers: Record<string, string> = {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    };
    if (host.clientAuthentication === 'basic') {
      const pair = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
      headers.authorization = `Basic ${pair}`;
    } else {
      form.set('client_id', clientId);
      form.set('client_secret', clientSecret);
    }
    redactor.addClient(clientId, clientSecret);
    await waitForCalls({ allowance, clock }, 1, { startByMs: Number.POSITIVE_INFINITY });
    const askedAtMs = clock.now();
    const response = await sendHttp({
      method: 'POST',
      url: host.tokenUrl,
      headers,
      body: form.toString(),
      timeoutMs: TOKEN_TIMEOUT_MS,
    }).catch((fault: unknown) => {
      throw httpErrorToGenesysError('token', fault);
    });
    allowance.observe(response);
    const redacted = redactResponse(response, redactor);
    if (response.status < 200 || response.status >= 300) {
      const error = toGenesysError('token', redacted, clock.now());
      if (error.status === 429 && error.retryAfterMs !== undefined) {
        await allowance.pauseUntil(clock.now() + error.retryAfterMs);
      }
      throw error;
    }
    const body = asObject(parseJson(response.body));
    const accessToken = asString(body?.access_token);
    if (response.truncated || (accessToken && !isFitForHeader(accessToken))) throw unfitToken();
    if (!accessToken) throw unreadable('token', redacted);
    redactor.addSecret(accessToken);
    const lifeSeconds = Number.isFinite(body?.expires_in) ? Number(body?.expires_in) : 0;
    return {
      accessToken,
      issuedAtMs: askedAtMs,
      expiresAtMs: askedAtMs + (lifeSeconds > 0 ? lifeSeconds : SHORTEST_LIFE_SECONDS) * 1000,
    };
  };
}
