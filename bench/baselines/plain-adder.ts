import type { SQSRecord } from 'aws-lambda';
import type { Clock } from '../../lib/domain/clock.ts';
import type { HttpResponse, SendHttp } from '../../lib/http/send-http.ts';

export interface PlainAdderOptions {
  clock: Clock;
  sendHttp: SendHttp;
  url: string;
  token: string;
  /** Before each call; absent: at once. */
  waitForTurn?: () => Promise<void>;
  /** One call for all users, or one for each. */
  users: 'in-bulk' | 'singly';
}

/** Tries after the first, 1, 2 and 4 seconds later, whatever the response said. */
const RETRIES = 3;

/**
 * The reference program's way with the rate limit, for budget-use.ts: it knows none, and backs off
 * blindly. Resolves when the request is carried out.
 * @returns carries out one message. @throws Error after the last retry
 */
export function createPlainAdder(options: PlainAdderOptions) {
  const { clock, sendHttp, url, token, waitForTurn } = options;

  async function call(method: 'GET' | 'POST', path: string, body?: object): Promise<HttpResponse> {
    for (let retry = 0; ; retry++) {
      await waitForTurn?.();
      const response = await sendHttp({
        method,
        url: `${url}${path}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
        timeoutMs: 10_000,
      });
      if (response.status < 300) return response;
      if (retry === RETRIES) throw new Error(`${path}: ${response.status}`);
      await clock.sleep(1000 * 2 ** retry);
    }
  }

  return async ({ body }: SQSRecord): Promise<void> => {
    const { conversationId, participants } = JSON.parse(body) as {
      conversationId: string;
      participants: { id: string }[];
    };
    const ids = participants.map(({ id }) => id);
    const conversation = JSON.parse(
      (await call('GET', `/api/v2/conversations/${conversationId}`)).body,
    ) as { participants: { userId?: string }[] };
    const present = conversation.participants.flatMap(({ userId }) => userId ?? []);
    const missing = ids.filter((id) => !present.includes(id));
    if (missing.length === 0) return;
    for (const list of options.users === 'in-bulk' ? [missing.join(',')] : []) {
      await call('GET', `/api/v2/users?id=${list}&pageSize=100`);
    }
    for (const id of options.users === 'singly' ? missing : []) {
      await call('GET', `/api/v2/users/${id}`);
    }
    await call(
      'POST',
      `/api/v2/conversations/calls/${conversationId}/participants/user/${present[0]}`,
      { participants: missing.map((userId) => ({ userId })) },
    );
  };
}
