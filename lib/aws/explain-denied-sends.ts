import { explainDenial } from './access-denied.ts';
import type { SendMessage } from './send-message.ts';

/** Sends like the given function. If the role may not send, the error names the queue and the missing action. */
export function explainDeniedSends(sendMessage: SendMessage): SendMessage {
  return (message) => {
    const queue = message.queueUrl.split('/').at(-1);
    return sendMessage(message).catch(explainDenial(`queue ${queue}`, 'sqs:SendMessage'));
  };
}
