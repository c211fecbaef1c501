import { Logger } from '@aws-lambda-powertools/logger';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import vendor, { type Models } from 'purecloud-platform-client-v2';
import { z } from 'zod';

/** The adder on the vendor's own SDK, for the live platform's contract. */
const logger = new Logger({ serviceName: 'adder' });
const sqs = new SQSClient({});
const secrets = new SecretsManagerClient({});
const client = vendor.ApiClient.instance;
const conversations = new vendor.ConversationsApi();
const users = new vendor.UsersApi();

const messageSchema = z.object({
  requestId: z.string().uuid(),
  conversationId: z.string().uuid(),
  participants: z.array(z.object({ id: z.string().uuid() })).min(1),
});

let loggedIn: Promise<unknown> | undefined;

async function logIn() {
  const url = new URL(process.env.GENESYS_ENV ?? '');
  // A file in the user's home directory must not redirect the client.
  client.config.setConfigPath('');
  client.setGateway({ host: url.hostname, protocol: 'http', port: Number(url.port) });
  const { SecretString = '{}' } = await secrets.send(
    new GetSecretValueCommand({ SecretId: process.env.GENESYS_CREDENTIALS_SECRET_ID }),
  );
  const { clientId, clientSecret } = JSON.parse(SecretString);
  await client.loginClientCredentialsGrant(clientId, clientSecret);
}

export async function handler(event: { Records: { body: string }[] }) {
  loggedIn ??= logIn();
  await loggedIn;
  for (const { body } of event.Records) {
    const { requestId, conversationId, participants } = messageSchema.parse(JSON.parse(body));
    const conversation = await conversations.getConversation(conversationId);
    const present = conversation.participants.flatMap(({ userId }) => userId ?? []);
    const missing = participants.filter(({ id }) => !present.includes(id));
    await users.getUsers({
      id: missing.map(({ id }) => id),
      expand: ['presence', 'routingStatus'],
      pageSize: 100,
    });
    await conversations.postConversationsCallParticipantsUserUserId(
      conversationId,
      present.at(-1) ?? '',
      { participants: missing.map(({ id }) => ({ userId: id })) } as Models.Conversation,
    );
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: process.env.AUDIT_QUEUE_URL,
        MessageBody: JSON.stringify({
          event: 'participant_added',
          audit: { request_id: requestId },
        }),
      }),
    );
    logger.info('added', { requestId, conversationId });
  }
  return { batchItemFailures: [] };
}
