/** Credentials that a client has to have and nothing on this machine looks at. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Of everything on this machine that has a region. */
export const LOCAL_REGION = 'us-east-1';
