/**
 * The regions of Genesys Cloud and their domains (docs/genesys.md).
 * One row per region. Add a new region here.
 */
export const REGION_DOMAINS = {
  'us-east-1': 'mypurecloud.com',
  'eu-west-1': 'mypurecloud.ie',
  'ap-southeast-2': 'mypurecloud.com.au',
  'ap-northeast-1': 'mypurecloud.jp',
  'eu-central-1': 'mypurecloud.de',
  'us-west-2': 'usw2.pure.cloud',
  'ca-central-1': 'cac1.pure.cloud',
  'ap-northeast-2': 'apne2.pure.cloud',
  'ap-southeast-1': 'apse1.pure.cloud',
  'eu-west-2': 'euw2.pure.cloud',
  'ap-south-1': 'aps1.pure.cloud',
  'us-east-2': 'use2.us-gov-pure.cloud',
  'sa-east-1': 'sae1.pure.cloud',
  'me-central-1': 'mec1.pure.cloud',
  'ap-northeast-3': 'apne3.pure.cloud',
  'eu-central-2': 'euc2.pure.cloud',
  'mx-central-1': 'mxc1.pure.cloud',
  'eusc-de-east-1': 'edee1.eusc-pure.cloud',
} as const;

/** The host that the service calls, and how it authenticates there. */
export interface GenesysHost {
  /** Base URL of the API, without a trailing slash. */
  apiUrl: string;
  /** The token endpoint. */
  tokenUrl: string;
  /**
   * `basic` on the platform's own hosts, as the vendor's SDKs do; `form` at an explicit base URL
   * (docs/genesys.md). Never both in one request (RFC 6749, section 2.3).
   */
  clientAuthentication: 'basic' | 'form';
}

/**
 * Resolves `GENESYS_ENV`: a region, a domain, one of the platform's own addresses
 * (`https://api.mypurecloud.de`, also its login and apps hosts), or a base URL of another host, used
 * for both OAuth and API.
 * @throws Error that lists the possible values
 */
export function resolveGenesysHost(environment: string): GenesysHost {
  const value = environment.trim();
  if (/^https?:\/\//i.test(value)) return resolveBaseUrl(value);
  const wanted = value.toLowerCase();
  for (const [region, domain] of Object.entries(REGION_DOMAINS)) {
    if (wanted === region || wanted === domain) return platformHost(domain);
  }
  const possible = Object.entries(REGION_DOMAINS)
    .map(([region, domain]) => `${region} (${domain})`)
    .join(', ');
  throw new Error(
    `${JSON.stringify(value)} is neither a region or domain of Genesys Cloud nor a base URL; possible are ${possible}, or a URL such as http://127.0.0.1:4010`,
  );
}

function platformHost(domain: string): GenesysHost {
  return {
    apiUrl: `https://api.${domain}`,
    tokenUrl: `https://login.${domain}/oauth/token`,
    clientAuthentication: 'basic',
  };
}

function resolveBaseUrl(value: string): GenesysHost {
  const url = URL.parse(value);
  if (!url) throw new Error('is not a valid URL');
  if (url.username || url.password) throw new Error('must not contain credentials');
  // The whole address, because 127.example.com is an ordinary host.
  const loopback = /^(localhost|\[::1\]|127(\.\d+){3})$/.test(url.hostname);
  if (url.protocol === 'http:' && !loopback) {
    throw new Error(
      'must be https, except to a loopback address: tokens would be sent unencrypted',
    );
  }
  const domain = Object.values(REGION_DOMAINS).find((known) =>
    ['', 'api.', 'login.', 'apps.'].some((service) => url.hostname === `${service}${known}`),
  );
  if (domain !== undefined) return platformHost(domain);
  const base = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  return { apiUrl: base, tokenUrl: `${base}/oauth/token`, clientAuthentication: 'form' };
}
