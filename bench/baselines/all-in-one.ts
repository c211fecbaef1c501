import { createHmac, randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/**
 * One Lambda behind the API that does it all while the caller waits: no queue, no retry, one call
 * after the other. The queues are compared with its cost. The requests that it loses are not counted.
 */
const logger = new Logger({ serviceName: 'all-in-one' });
const secrets = new SecretsManagerClient({});
const base = process.env.GENESYS_ENV ?? '';

async function readSecret(id: string | undefined) {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: id }));
  return JSON.parse(SecretString ?? '{}');
}

let start: Promise<{ token: string; key: Buffer }> | undefined;

async function logIn() {
  const { clientId, clientSecret } = await readSecret(process.env.GENESYS_CREDENTIALS_SECRET_ID);
  const { keys } = await readSecret(process.env.WEBHOOK_SIGNING_SECRET_ID);
  const response = await fetch(`${base}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  const { access_token } = (await response.json()) as { access_token: string };
  return {
    token: access_token,
    key: Buffer.from(keys[0].slice('whsec_'.length), 'base64'),
  };
}

interface HttpEvent {
  body: string;
  pathParameters: { conversationId: string };
}

export async function handler(event: HttpEvent) {
  start ??= logIn();
  const { token, key } = await start;
  const { conversationId } = event.pathParameters;
  const { participants } = JSON.parse(event.body) as { participants: { id: string }[] };
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : null,
    });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.json();
  };
  const conversation = (await call('GET', `/api/v2/conversations/${conversationId}`)) as {
    participants: { userId?: string }[];
  };
  const present = conversation.participants.flatMap(({ userId }) => userId ?? []);
  for (const { id } of participants) await call('GET', `/api/v2/users/${id}`);
  await call(
    'POST',
    `/api/v2/conversations/calls/${conversationId}/participants/user/${present.at(-1)}`,
    { participants: participants.map(({ id }) => ({ userId: id })) },
  );
  const requestId = randomUUID();
  const body = JSON.stringify({ event: 'participant_added', audit: { request_id: requestId } });
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', key)
    .update(`evt_${requestId}.${timestamp}.${body}`)
    .digest('base64');
  await fetch(process.env.EXTERNAL_WEBHOOK_URL ?? '', {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': `evt_${requestId}`,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature}`,
    },
  }).then((response) => response.arrayBuffer());
  logger.info('added', { requestId, conversationId, participants });
  return { statusCode: 200, body: JSON.stringify({ requestId }) };
}
