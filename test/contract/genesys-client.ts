import { SAMPLE_CLIENT } from '../../local/genesys/sample-organisation.ts';

export interface ClientResponse {
  status: number;
  headers: Headers;
  text: string;
  /** Undefined where the response is not JSON. */
  json: unknown;
}

/** A plain HTTP caller that knows nothing of Genesys: what it sends is what the test says. */
export interface GenesysClient {
  get(path: string, headers?: Record<string, string>): Promise<ClientResponse>;
  /** An object is sent as JSON, a string as it is. */
  post(
    path: string,
    body: unknown,
    headers?: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<ClientResponse>;
  postForm(
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<ClientResponse>;
}

export function createGenesysClient(baseUrl: string, token?: string): GenesysClient {
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const send = async (path: string, init: RequestInit): Promise<ClientResponse> => {
    const response = await fetch(`${baseUrl}${path}`, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  };
  return {
    get: (path, headers = {}) => send(path, { headers: { ...authorization, ...headers } }),
    post: (path, body, headers = {}, signal) =>
      send(path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { ...authorization, 'content-type': 'application/json', ...headers },
        ...(signal ? { signal } : {}),
      }),
    postForm: (path, fields, headers = {}) =>
      send(path, { method: 'POST', body: new URLSearchParams(fields), headers }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A client that holds a fresh token of the sample client. */
export async function logIn(baseUrl: string): Promise<GenesysClient> {
  const { clientId, clientSecret } = SAMPLE_CLIENT;
  const response = await createGenesysClient(baseUrl).postForm('/oauth/token', {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  return createGenesysClient(baseUrl, (response.json as { access_token: string }).access_token);
}
