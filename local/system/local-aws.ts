import { randomBytes } from 'node:crypto';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Credentials that a client has to have and nothing on this machine looks at. */
export const LOCAL_CREDENTIALS: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Credentials that the local Secrets Manager asks for: other users of this machine have none. */
export function generateCredentials(): Credentials {
  return {
    accessKeyId: `LOCAL${randomBytes(16).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
}

/** Of everything on this machine that has a region. */
export const LOCAL_REGION = 'us-east-1';
