import { expect, test } from '@jest/globals';
import { FREE_USERS, PLATFORM_CONVERSATION } from '../../local/genesys/sample-organisation.ts';
import { startAdder } from '../support/start-adder.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:GenesysCredentialsSecret-AbCdEf';

test.each([
  ['AccessDeniedException', `User: ${ARN} is not authorized to perform GetSecretValue on ${ARN}`],
  ['ResourceNotFoundException', `Secrets Manager can't find ${ARN}`],
  ['DecryptionFailure', `KMS cannot decrypt ${ARN}`],
])('%s: no result or record has the ARN of the secret', async (name, message) => {
  const adder = await startAdder({
    credentialsError: Object.assign(new Error(message), { name }),
  });
  try {
    const deadline = new Date(adder.clock.now() + 30_000).toISOString();
    const audit = await adder.settleInTheEnd({
      conversationId: PLATFORM_CONVERSATION,
      participants: [{ id: FREE_USERS[0] }],
      deadline,
    });
    expect(audit.status).toMatch(/^(FAILED|EXPIRED)$/);
    const written = JSON.stringify([adder.sent, ...adder.records.values()]);
    expect(written).not.toMatch(/arn:|123456789012|AbCdEf/);
  } finally {
    await adder.stop();
  }
});
