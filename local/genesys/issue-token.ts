import type { GenesysRequest, GenesysResponse } from './exchange.ts';

export interface Client {
  clientId: string;
  clientSecret: string;
}

export type ClientAuthentication = 'basic' | 'form' | 'both' | 'none';

/**
 * The token endpoint. Its rules and errors are OAuth's (RFC 6749, sections 2.3, 4.4 and 5), not the
 * API's.
 */
export function issueToken(
  request: GenesysRequest,
  client: Client,
  issue: () => { token: string; expiresInSeconds: number },
): GenesysResponse {
  const form = new URLSearchParams(request.body);
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)) {
    return oauthError(400, 'invalid_request', 'the body must be a form');
  }
  const authentication = clientAuthentication(request);
  if (authentication === 'both') {
    return oauthError(400, 'invalid_request', 'more than one way of client authentication');
  }
  if (form.getAll('grant_type').length !== 1) {
    return oauthError(400, 'invalid_request', 'grant_type must be there once');
  }
  if (form.get('grant_type') !== 'client_credentials') {
    return oauthError(400, 'unsupported_grant_type', 'grant type is not supported');
  }
  if (!isClient(request, form, client)) {
    // 401 if the client used the header, 400 if it used the form (section 5.2).
    const response = oauthError(
      authentication === 'basic' ? 401 : 400,
      'invalid_client',
      'authentication failed',
    );
    if (authentication === 'basic') response.headers['www-authenticate'] = 'Basic realm="genesys"';
    return response;
  }
  const { token, expiresInSeconds } = issue();
  return json(200, { access_token: token, token_type: 'bearer', expires_in: expiresInSeconds });
}

export function clientAuthentication(request: GenesysRequest): ClientAuthentication {
  const basic = /^basic /i.test(request.headers.authorization ?? '');
  const form = new URLSearchParams(request.body);
  const fields = form.has('client_id') || form.has('client_secret');
  if (basic) return fields ? 'both' : 'basic';
  return fields ? 'form' : 'none';
}

function isClient(request: GenesysRequest, form: URLSearchParams, client: Client): boolean {
  const isSame = (id: string | null, secret: string | null) =>
    id === client.clientId && secret === client.clientSecret;
  const header = request.headers.authorization;
  if (header === undefined) return isSame(form.get('client_id'), form.get('client_secret'));
  const text = Buffer.from(header.slice('basic '.length), 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)];
  // RFC 6749 form-encodes both parts first; the vendor's SDKs do not.
  return isSame(id, secret) || isSame(formDecode(id), formDecode(secret));
}

function formDecode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

function oauthError(status: number, error: string, description: string): GenesysResponse {
  return json(status, { error, description, error_description: description });
}

function json(status: number, body: unknown): GenesysResponse {
  return {
    status,
    // No cache may keep a token (RFC 6749, section 5.1).
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}
