import type { IncomingHttpHeaders } from 'node:http';
import { isLocalHost } from './is-local-host.ts';

/**
 * False for a request of a web page, whatever its host name resolves to. Browsers send `Origin`, or where
 * they leave it out (as for an image) `Sec-Fetch-Site`.
 */
export function isLocalProgram(headers: IncomingHttpHeaders): boolean {
  return (
    isLocalHost(headers.host) &&
    headers.origin === undefined &&
    headers['sec-fetch-site'] === undefined
  );
}
