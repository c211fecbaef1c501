import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';

/**
 * The adder as it is usually written: the conversation, then each user separately, then the POST, one
 * call after the other; a failed call is retried after 1, 2 and 4 seconds, whatever the response said.
 * A token of its own in each instance. Bundled with defaults; every client is created at start.
 */
const logger = new Logger({ serviceName: 'adder' });
const metrics = new Metrics({ namespace: 'Bench', serviceName: 'adder' });
const sqs = new SQSClient({});
const secrets = new SecretsManagerClient({});
const base = process.env.GENESYS_ENV ?? '';

const messageSchema = z.object({
  requestId: z.string().uuid(),
  conversationId: z.string().uuid(),
  participants: z
    .array(
      z.object({
        id: z.string().uuid(),
        role: z.enum(['agent', 'customer', 'observer', 'supervisor']).default('agent'),
      }),
    )
    .min(1)
    .max(20),
});
const conversationSchema = z.object({
  id: z.string(),
  type: z.string().optional(),
  participants: z.array(z.object({ id: z.string(), userId: z.string().optional() })),
});
const userSchema = z.object({ id: z.string(), status: z.string().optional() });
const credentialsSchema = z.object({ clientId: z.string(), clientSecret: z.string() });
const tokenSchema = z.object({ access_token: z.string(), expires_in: z.number() });

let token: { value: string; expiresAtMs: number } | undefined;

async function getToken(): Promise<string> {
  if (token && token.expiresAtMs > Date.now()) return token.value;
  const { SecretString } = await secrets.send(
    new GetSecretValueCommand({ SecretId: process.env.GENESYS_CREDENTIALS_SECRET_ID }),
  );
  const { clientId, clientSecret } = credentialsSchema.parse(JSON.parse(SecretString ?? '{}'));
  const response = await fetch(`${base}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  const issued = tokenSchema.parse(await response.json());
  token = { value: issued.access_token, expiresAtMs: Date.now() + issued.expires_in * 1000 };
  return token.value;
}

async function call(method: string, path: string, body?: object): Promise<unknown> {
  for (let retry = 0; ; retry++) {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${await getToken()}`, 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : null,
    });
    if (response.ok) return response.json();
    if (retry === 3) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** retry));
  }
}

export async function handler(event: { Records: { body: string }[] }) {
  for (const { body } of event.Records) {
    const startedAtMs = Date.now();
    const request = messageSchema.parse(JSON.parse(body));
    const path = `/api/v2/conversations/${request.conversationId}`;
    const conversation = conversationSchema.parse(await call('GET', path));
    const present = new Set(conversation.participants.map(({ id, userId }) => userId ?? id));
    const missing = request.participants.filter(({ id }) => !present.has(id));
    for (const { id } of missing) {
      const user = userSchema.parse(await call('GET', `/api/v2/users/${id}`));
      if (user.status === 'Offline') logger.warn('offline', { id });
    }
    if (conversation.type !== undefined) {
      await call('POST', `${path}/participants`, missing);
    } else {
      const acting = conversation.participants.findLast(({ userId }) => userId)?.userId;
      await call(
        'POST',
        `/api/v2/conversations/calls/${request.conversationId}/participants/user/${acting}`,
        { participants: missing.map(({ id }) => ({ userId: id })) },
      );
    }
    const result = {
      event: 'participant_added',
      source: 'genesys-automated-adder',
      audit: {
        timestamp: new Date().toISOString(),
        conversation_id: request.conversationId,
        participant_ids: request.participants.map(({ id }) => id),
        role: 'agent',
        latency_ms: Date.now() - startedAtMs,
        status: 'SUCCESS',
        request_id: request.requestId,
      },
    };
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: process.env.AUDIT_QUEUE_URL,
        MessageBody: JSON.stringify(result),
      }),
    );
    logger.info('result', { result });
    metrics.addMetric('ResultsSuccess', MetricUnit.Count, 1);
  }
  metrics.publishStoredMetrics();
  return { batchItemFailures: [] };
}
