import { randomBytes } from 'node:crypto';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Credentials for clients of local servers that do not check them. */
export const LOCAL_CREDENTIALS: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Credentials for the local Secrets Manager and DynamoDB, which other users of this machine do not have. */
export function generateCredentials(): Credentials {
  return {
    accessKeyId: `LOCAL${randomBytes(16).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
}

/** Region of all local services. */
export const LOCAL_REGION = 'us-east-1';
