import type { ApiRequest } from '../../lib/aws/api-request.ts';

const OWN_PATH = /\/conversations\/[^/]+\/participants$/;

/**
 * The `Location` of a request: an absolute path with the stage or base path of the caller's URL. Behind a
 * custom domain, payload format 2.0 does not contain the base path. The path is then relative to the
 * caller's URL (RFC 9110, section 10.2.2, allows both).
 */
export function locationOf({ path, hasCustomDomain }: ApiRequest, requestId: string): string {
  if (hasCustomDomain) return `../../requests/${requestId}`;
  return `${path.replace(OWN_PATH, '')}/requests/${requestId}`;
}
