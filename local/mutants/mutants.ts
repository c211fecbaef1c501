/** A change that makes the code wrong, and what must notice it. */
export interface Mutant {
  /** What the code then does. */
  what: string;
  file: string;
  /** Stands in the file exactly once. */
  find: string;
  replace: string;
  /** The simulation under as many seeds as in the tests, or a test file. */
  caughtBy: 'simulation' | `test/${string}.test.ts`;
}

const ADDER = 'functions/adder/handler.ts';
const SETTLE = 'functions/adder/settle-request.ts';
const CARRY_OUT = 'lib/genesys/carry-out.ts';
const ROSTER = 'lib/domain/roster.ts';
const FIFO = 'lib/aws/fifo-batch.ts';
const INTAKE = 'functions/intake/handler.ts';
const RELAY = 'functions/relay/handler.ts';
const TOKENS = 'lib/genesys/token-source.ts';
const PACE = 'lib/genesys/pace.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    what: 'does not look again after a POST without a clear answer',
    file: CARRY_OUT,
    find: '    roster = await readConversation(client, conversationId, maxParticipants, session);\n',
    replace: '',
    caughtBy: 'simulation',
  },
  {
    what: 'looks again at once, before reads show what the POST did',
    file: CARRY_OUT,
    find: 'let waitMs = READ_LAG_MS;',
    replace: 'let waitMs = 0;',
    caughtBy: 'simulation',
  },
  {
    what: 'takes up the next request for a conversation before reads show the last POST',
    file: CARRY_OUT,
    find: 'if (settlingMs > 0) await clock.sleep(settlingMs);',
    replace: '',
    caughtBy: 'simulation',
  },
  {
    what: 'acknowledges a request whose result could not be sent',
    file: ADDER,
    find: 'return { done: false, delayMs: RESULT_UNSENT_DELAY_MS };',
    replace: 'return { done: true };',
    caughtBy: 'simulation',
  },
  {
    what: 'sends no result for what goes to the dead-letter queue',
    file: ADDER,
    find: 'await sendResult(record, settlement, settlement.event);',
    replace: 'if (!settlement.deadLetter) await sendResult(record, settlement, settlement.event);',
    caughtBy: 'simulation',
  },
  {
    what: 'gives a result another id at each receive',
    file: ADDER,
    find: 'eventId(requestId, redriveCount(record))',
    replace: 'eventId(requestId, receiveCount(record) - 1)',
    caughtBy: 'simulation',
  },
  {
    what: 'goes on with a conversation after one of its requests went back',
    file: FIFO,
    find: 'if (!(await deps.release(untouched))) back.push(untouched);',
    replace: 'if (!(await deps.handle(untouched)).done) back.push(untouched);',
    caughtBy: 'simulation',
  },
  {
    what: 'gives back the failed request of a conversation without those behind it',
    file: FIFO,
    find: 'if (!(await deps.release(untouched))) back.push(untouched);',
    replace: 'await deps.release(untouched);',
    caughtBy: 'simulation',
  },
  {
    what: 'counts people who have left',
    file: ROSTER,
    find: '(entry) => entry.live && !entry.machine',
    replace: '(entry) => !entry.machine',
    caughtBy: 'simulation',
  },
  {
    what: 'takes people who have left for being in',
    file: ROSTER,
    find: '(entry) => entry.live && matches(entry, asked)',
    replace: '(entry) => matches(entry, asked)',
    caughtBy: 'simulation',
  },
  {
    what: 'adds everybody who was asked for, those who are in too',
    file: CARRY_OUT,
    find: 'if (isIn(roster, participant)) {',
    replace: 'if (roster.participations.length === 0) {',
    caughtBy: 'simulation',
  },
  {
    what: 'ends a request over an answer that was lost',
    file: SETTLE,
    find: "error instanceof AdderError && error.disposition !== 'retry'",
    replace: 'error instanceof AdderError',
    caughtBy: 'simulation',
  },
  {
    what: 'does not keep back time for handing back what it cannot finish',
    file: ADDER,
    find: 'context.getRemainingTimeInMillis() - RESERVE_MS',
    replace: 'context.getRemainingTimeInMillis() + 60_000',
    caughtBy: 'simulation',
  },
  {
    what: 'asks for a token with too little time left for the answer',
    file: TOKENS,
    find: "if (clock.now() + LONGEST_WAIT_MS > finishByMs) throw new OutOfTime('a new token');",
    replace: '',
    caughtBy: 'test/simulation/simulation.test.ts',
  },
  {
    what: 'accepts a request before the queue has it',
    file: INTAKE,
    find: 'await deps.sendMessage(message);',
    replace: 'void deps.sendMessage(message).catch(() => {});',
    caughtBy: 'simulation',
  },
  {
    what: 'queues a repeated request a second time',
    file: INTAKE,
    find: 'deduplicationId: requestId,',
    replace: 'deduplicationId: deps.randomUuid(),',
    caughtBy: 'simulation',
  },
  {
    what: 'forgets a result that the receiver did not take',
    file: RELAY,
    find: '          seconds: step.delayMs / 1000,\n        });\n        return false;',
    replace: '          seconds: step.delayMs / 1000,\n        });\n        return true;',
    caughtBy: 'simulation',
  },
  {
    what: 'writes the headers of a failed token request into the log',
    file: 'lib/genesys/request-token.ts',
    find: "throw faultToGenesysError('token', fault);",
    replace: 'throw new Error(JSON.stringify(headers));',
    caughtBy: 'simulation',
  },
  {
    what: 'takes the whole rate budget for each instance',
    file: PACE,
    find: 'Math.floor((requestsPerSecond * 60) / instances)',
    replace: 'Math.floor(requestsPerSecond * 60)',
    caughtBy: 'test/unit/genesys-pace.test.ts',
  },
  {
    what: 'goes on sending after a 429',
    file: PACE,
    find: 'if (nowMs < this.#stoppedUntilMs) return this.#stoppedUntilMs - nowMs;',
    replace: '',
    caughtBy: 'test/unit/genesys-pace.test.ts',
  },
  {
    what: 'lets a fixed part of the budget lie',
    file: PACE,
    find: 'const WINDOW_MS = PLATFORM_WINDOW_MS + 1_000;',
    replace: 'const WINDOW_MS = PLATFORM_WINDOW_MS + 6_000;',
    caughtBy: 'test/unit/genesys-pace.test.ts',
  },
  {
    what: 'asks for a token under a lease of a state that has been replaced',
    file: TOKENS,
    find: 'if ((await store.readState()).base !== base) continue;',
    replace: '',
    caughtBy: 'test/simulation/token-explorer.test.ts',
  },
  {
    what: 'does not watch a lease that it was refused and cannot see',
    file: TOKENS,
    find: '        notice(lease);\n',
    replace: '',
    caughtBy: 'test/simulation/token-explorer.test.ts',
  },
  {
    what: 'lets every instance take a lease, whoever has it',
    file: 'lib/genesys/token-store.ts',
    find: "return outcome === 'written';",
    replace: 'return outcome !== undefined;',
    caughtBy: 'test/simulation/token-explorer.test.ts',
  },
];
