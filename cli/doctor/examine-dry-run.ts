import { randomUUID } from 'node:crypto';
import { Receive } from '../../lib/carry-out/receive.ts';
import { RecordWriter } from '../../lib/carry-out/record-writer.ts';
import { createAddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import { CODES, type Code } from '../../lib/domain/codes.ts';
import { newRecord } from '../../lib/domain/record-transitions.ts';
import type { CallBudget } from '../../lib/genesys/api/call-budget.ts';
import type { GenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { createUserLookup } from '../../lib/genesys/users/user-lookup.ts';
import type { ConversationLease } from '../../lib/records/conversation-lease.ts';
import type { ExamineDeps, Wanted } from './examine-deps.ts';
import type { Finding } from './finding.ts';

const DRY_RUN = 'dry run';

/** Thrown in place of the POST that the product would have made. */
class WouldPost extends Error {
  readonly path: string;
  readonly body: unknown;

  constructor(path: string, body: unknown) {
    super(`would POST ${path}`);
    this.path = path;
    this.body = body;
  }
}

/** Carries the request out with the product's own code, up to the moment of its first POST. */
export async function examineDryRun(
  deps: ExamineDeps,
  client: GenesysClient,
  session: CallBudget,
  { conversationId, userId }: Wanted,
): Promise<Finding[]> {
  if (conversationId === undefined && userId === undefined) return [];
  if (conversationId === undefined || userId === undefined) {
    const other = userId === undefined ? '--user' : '--conversation';
    return [{ check: DRY_RUN, outcome: 'not checked', detail: `needs ${other} as well` }];
  }
  const receive = receiveWithoutTable(deps, client, session, { conversationId, userId });
  try {
    const end = await receive.run(leaseOf(conversationId));
    if (end.kind === 'deferred') return [refused(end.code, `${end.code}: ${end.detail}`)];
    const [participant] = end.record.participants;
    if (participant?.outcome === 'ALREADY_PRESENT') {
      const detail = 'the user is in the conversation already: nothing would be done';
      return [{ check: DRY_RUN, outcome: 'passed', detail }];
    }
    const code = participant?.code as Code | undefined;
    return [refused(code, `the user would be refused: ${code}: ${participant?.detail}`)];
  } catch (error) {
    if (!(error instanceof WouldPost)) throw error;
    const detail = `would POST ${error.path} with ${JSON.stringify(error.body)}`;
    return [{ check: DRY_RUN, outcome: 'passed', detail }];
  }
}

function refused(code: Code | undefined, detail: string): Finding {
  const toDo = code === undefined ? {} : { toDo: CODES[code].remedy };
  return { check: DRY_RUN, outcome: 'failed', detail, ...toDo };
}

/** A lease that is held nowhere. */
function leaseOf(conversationId: string): ConversationLease {
  return { conversationId, owner: '', fence: 0, expiresAtMs: 0, recentAdds: [] };
}

/** The receive of a request for one user, with a record that is kept nowhere. */
function receiveWithoutTable(
  { settings, clock, random }: ExamineDeps,
  client: GenesysClient,
  session: CallBudget,
  { conversationId, userId }: Required<Wanted>,
): Receive {
  const nowMs = clock.now();
  const record = newRecord(
    {
      requestId: randomUUID(),
      origin: 'api',
      conversationId,
      participants: [{ id: userId, role: 'agent' }],
      requestedBy: 'doctor',
      callerId: 'doctor',
      correlationId: 'doctor',
      digest: '',
      dryRun: false,
      onlyIfReachable: false,
      // Long ago: a conversation that is not found is not looked for again.
      requestedAtMs: 0,
      deadlineMs: session.deadlineMs,
    },
    { nowMs, writeId: randomUUID(), retentionMs: 0 },
  );
  const reading: GenesysClient = {
    read: client.read,
    post: async (_operation, path, body) => {
      throw new WouldPost(path, body);
    },
  };
  const stored = { create: async () => undefined, replace: async () => true };
  return new Receive(
    {
      records: { ...stored, get: async () => undefined },
      leases: {
        acquire: async () => leaseOf(conversationId),
        announceAdds: async () => true,
        release: async () => {},
        isHeld: async () => false,
      },
      allowance: {
        acquire: async (calls) => ({ granted: true, calls, grantedAtMs: clock.now() }),
        wasRefusedLately: () => false,
        expectRefusal: async () => undefined,
        release: async () => {},
      },
      client: reading,
      users: createUserLookup(reading),
      maxParticipants: settings.config.MAX_PARTICIPANTS,
      refuseAddress: createAddressPolicy(),
      clean: (text, maxLength) => text.slice(0, maxLength),
      sendResult: async () => 'sent',
      clock,
      random,
      newWriteId: randomUUID,
      retentionMs: 0,
    },
    new RecordWriter(stored, undefined, record),
    session,
    {
      finishByMs: session.finishByMs,
      receiveCount: 1,
      maxReceives: Number.POSITIVE_INFINITY,
      isFirst: true,
    },
  );
}
