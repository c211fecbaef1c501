import type { Clock, Random } from '../lib/domain/clock.ts';
import type { SendHttp } from '../lib/http/send-http.ts';
import { createGenesys, type GenesysState } from '../local/genesys/create-genesys.ts';
import { SAMPLE_CLIENT, sampleOrganisation } from '../local/genesys/sample-organisation.ts';

/** Each way. */
const LATENCY_MS = { min: 20, max: 60 };

export interface VirtualGenesys {
  sendHttp: SendHttp;
  state: GenesysState;
  /** Good for longer than any run. */
  token: string;
}

/** The stand-in Genesys Cloud in virtual time: no sockets, and a latency that varies. */
export function createVirtualGenesys(options: {
  clock: Clock;
  random: Random;
  requestsPerMinute: number;
}): VirtualGenesys {
  const { clock, random, requestsPerMinute } = options;
  const genesys = createGenesys({
    ...SAMPLE_CLIENT,
    ...sampleOrganisation(clock.now()),
    now: clock.now,
    random,
    requestsPerMinute,
  });
  const travel = () => clock.sleep(LATENCY_MS.min + (LATENCY_MS.max - LATENCY_MS.min) * random());
  const carryOut: SendHttp = async ({ method, url, headers, body = '' }) => {
    const { pathname: path, searchParams: query } = new URL(url);
    await travel();
    const response = genesys.handle({ method, path, query, headers, body });
    await travel();
    return { ...response, truncated: false };
  };
  const login = genesys.handle({
    method: 'POST',
    path: '/oauth/token',
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: SAMPLE_CLIENT.clientId,
      client_secret: SAMPLE_CLIENT.clientSecret,
    }).toString(),
  });
  const token = JSON.parse(login.body).access_token;
  genesys.state.calls.length = 0;
  return { sendHttp: carryOut, state: genesys.state, token };
}
