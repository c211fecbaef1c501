import type { IncomingHttpHeaders } from 'node:http';

/** The access key of a signed request, which local servers look at instead of the signature. */
export function accessKeyOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /Credential=([^/,]+)\//.exec(authorization)?.[1];
}
