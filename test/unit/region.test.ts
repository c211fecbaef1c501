import { describe, expect, test } from '@jest/globals';
import { REGION_DOMAINS, resolveGenesysHost } from '../../lib/genesys/api/region.ts';

const refusal = (environment: string): string => {
  try {
    resolveGenesysHost(environment);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('GENESYS_ENV', () => {
  test.each(Object.entries(REGION_DOMAINS))(
    'is the region %s or its domain %s',
    (region, domain) => {
      const host = {
        apiUrl: `https://api.${domain}`,
        tokenUrl: `https://login.${domain}/oauth/token`,
        clientAuthentication: 'basic',
      };
      expect(resolveGenesysHost(region)).toEqual(host);
      expect(resolveGenesysHost(domain)).toEqual(host);
    },
  );

  test('knows the eighteen regions, each with a domain of its own', () => {
    expect(new Set(Object.values(REGION_DOMAINS)).size).toBe(18);
  });

  // Bug: the platform's own address was taken for a host of the generic contract.
  test.each([
    'https://api.mypurecloud.de',
    'https://login.mypurecloud.de/',
    'https://apps.mypurecloud.de/directory/#/x',
    'https://API.MyPureCloud.de:443',
    'https://mypurecloud.de',
  ])('is the platform by its own address %s', (environment) => {
    expect(resolveGenesysHost(environment)).toEqual(resolveGenesysHost('eu-central-1'));
  });

  test.each(['https://api.mypurecloud.de.example.com', 'https://xapi.mypurecloud.de'])(
    'is a base URL where the host only looks like the platform: %s',
    (environment) => {
      expect(resolveGenesysHost(environment).clientAuthentication).toBe('form');
    },
  );

  test('may have spaces around it, and capital letters', () => {
    expect(resolveGenesysHost(' MyPureCloud.IE ').apiUrl).toBe('https://api.mypurecloud.ie');
  });

  test.each([
    ['http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
    ['http://127.8.9.10/', 'http://127.8.9.10'],
    ['http://localhost:4010/genesys//', 'http://localhost:4010/genesys'],
    ['http://[::1]:4010', 'http://[::1]:4010'],
    ['https://genesys.example.com/base/?x=1#y', 'https://genesys.example.com/base'],
  ])('is a base URL for OAuth and API: %s', (environment, base) => {
    expect(resolveGenesysHost(environment)).toEqual({
      apiUrl: base,
      tokenUrl: `${base}/oauth/token`,
      clientAuthentication: 'form',
    });
  });

  test.each([
    'http://genesys.example.com',
    // Bug: a host name that begins like a loopback address was taken for one.
    // Fix: the whole name is looked at.
    'http://127.example.com',
    'http://localhost.example.com',
  ])('is no unencrypted URL beyond this machine: %s', (environment) => {
    expect(refusal(environment)).toMatch(/must be https/);
  });

  test('is no URL with credentials, which are not repeated either', () => {
    const message = refusal('https://user:geheim@genesys.example.com');
    expect(message).toMatch(/credentials/);
    expect(message).not.toContain('geheim');
  });

  test.each(['https://', 'http://a b'])('is no broken URL: %s', (environment) => {
    expect(refusal(environment)).toBe('is not a valid URL');
  });

  test.each(['us-east-9', 'example.com', 'mypurecloud.ie.example.com', 'ftp://127.0.0.1', 'a\nb'])(
    'that is anything else (%j) is refused in one line with all that is possible',
    (environment) => {
      const message = refusal(environment);
      for (const [region, domain] of Object.entries(REGION_DOMAINS)) {
        expect(message).toContain(`${region} (${domain})`);
      }
      expect(message).not.toContain('\n');
    },
  );
});
