import type { Clock, Random } from '../../lib/domain/clock.ts';
import { CODES } from '../../lib/domain/codes.ts';
import { AdderError } from '../../lib/domain/errors.ts';
import { createRedactor, type Redactor } from '../../lib/domain/redact.ts';
import {
  type Contract,
  countPeople,
  presenceWarning,
  type Roster,
  type UserFacts,
} from '../../lib/domain/roster.ts';
import {
  type CallBudget,
  createCallBudget,
  OutOfTimeError,
} from '../../lib/genesys/api/call-budget.ts';
import { createGenesysClient, type GenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { readConversation } from '../../lib/genesys/conversation/read-conversation.ts';
import type { CallAllowance } from '../../lib/genesys/pace/call-allowance.ts';
import { createCallAllowance } from '../../lib/genesys/pace/create-call-allowance.ts';
import { createMemoryItem } from '../../lib/genesys/pace/memory-item.ts';
import type { Credentials } from '../../lib/genesys/token/credentials.ts';
import { createRequestToken } from '../../lib/genesys/token/request-token.ts';
import { readUser, readUsersInBulk } from '../../lib/genesys/users/read-users.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import { describeParticipants } from './describe-participants.ts';
import { examineDryRun } from './examine-dry-run.ts';
import type { Finding } from './finding.ts';
import type { Settings } from './read-settings.ts';

export interface Wanted {
  conversationId?: string;
  userId?: string;
}

export interface ExamineDeps {
  settings: Settings;
  sendHttp: SendHttp;
  clock: Clock;
  random: Random;
  /** Called for every secret, so that none is printed. */
  onSecret: (secret: string) => void;
}

/** An id that does not exist: reading it distinguishes 403 (no permission) from 404 (not found). */
const NO_ONE = '00000000-0000-4000-8000-000000000000';

/** All checks together take no longer than this. */
const TIME_LIMIT_MS = 60_000;

/**
 * Examines a Genesys Cloud organisation by reading alone: the token request is the only POST. Every
 * check is made with the product's own code, and the last one decides as the product would.
 */
export async function examine(deps: ExamineDeps, wanted: Wanted): Promise<Finding[]> {
  const { settings } = deps;
  const { apiUrl, tokenUrl } = settings.config.GENESYS_ENV;
  const findings: Finding[] = [
    {
      check: 'region',
      outcome: 'passed',
      detail: `${settings.environmentName}: API ${apiUrl}, login ${tokenUrl}`,
    },
  ];
  const rest = (reason: string): Finding[] =>
    LATER_CHECKS.map((check) => ({ check, outcome: 'not checked', detail: reason }));

  let credentials: Credentials;
  try {
    credentials = await settings.readCredentials();
    deps.onSecret(credentials.clientSecret);
  } catch (error) {
    return [
      ...findings,
      {
        check: 'credentials',
        outcome: 'failed',
        detail: `from ${settings.credentialsSource}: ${(error as Error).message}`,
        toDo: 'Set GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET (or put them into .env), or name the secret that has them in GENESYS_CREDENTIALS_SECRET_ID.',
      },
      { check: 'login', outcome: 'not checked', detail: 'needs credentials' },
      ...rest('needs a login'),
    ];
  }
  findings.push({
    check: 'credentials',
    outcome: 'passed',
    detail: `from ${settings.credentialsSource}`,
  });

  const redactor = createRedactor();
  const allowance = createCallAllowance({
    item: createMemoryItem(),
    requestsPerSecond: settings.config.GENESYS_REQUESTS_PER_SECOND,
    clock: deps.clock,
    random: deps.random,
  });
  let accessToken: string;
  try {
    const { clock, sendHttp } = deps;
    const requestToken = createRequestToken({
      host: settings.config.GENESYS_ENV,
      sendHttp,
      allowance,
      redactor,
      clock,
    });
    const token = await requestToken(credentials);
    accessToken = token.accessToken;
    deps.onSecret(accessToken);
    const minutes = Math.round((token.expiresAtMs - token.issuedAtMs) / 60_000);
    findings.push({
      check: 'login',
      outcome: 'passed',
      detail: `a token that lives ${minutes} minutes`,
    });
  } catch (error) {
    return [...findings, failed('login', error), ...rest('needs a login')];
  }
  return [
    ...findings,
    ...(await examineApi({ ...deps, allowance, redactor }, accessToken, wanted)),
  ];
}

const RATE_LIMIT = 'rate limit';
const READ_CONVERSATIONS = 'read conversations';
const READ_USERS = 'read users';
const ADD = 'add participants';
const CONVERSATION = 'conversation';
const USER = 'user';
const LATER_CHECKS = [READ_CONVERSATIONS, READ_USERS, ADD, RATE_LIMIT];

interface ApiDeps extends ExamineDeps {
  allowance: CallAllowance;
  redactor: Redactor;
}

async function examineApi(deps: ApiDeps, accessToken: string, wanted: Wanted): Promise<Finding[]> {
  const { settings, clock, random } = deps;
  let lastHeaders: Record<string, string> = {};
  const client = createGenesysClient({
    host: settings.config.GENESYS_ENV,
    sendHttp: async (request) => {
      const response = await deps.sendHttp(request);
      lastHeaders = response.headers;
      return response;
    },
    tokens: {
      get: async () => accessToken,
      replace: async () => {
        throw new AdderError('Genesys Cloud refuses the token that it has just issued', {
          code: 'INVALID_CREDENTIALS',
          disposition: 'fatal',
        });
      },
      accepted: () => {},
    },
    allowance: deps.allowance,
    redactor: deps.redactor,
    clock,
    random,
  });
  const untilMs = clock.now() + TIME_LIMIT_MS;
  const session = createCallBudget({ finishByMs: untilMs, deadlineMs: untilMs });

  const conversation = await examineConversation(deps, client, session, wanted);
  const contract = conversation.roster?.contract ?? 'platform';
  const users = await examineUsers(client, contract, session, wanted);
  const rateLimit = examineRateLimit(settings, lastHeaders);
  const dryRun = await examineDryRun(deps, client, session, wanted);
  return [...conversation.findings, ...users, addPermission(contract), rateLimit, ...dryRun];
}

/** The doctor only reads, so the permission to add cannot be checked. */
function addPermission(contract: Contract): Finding {
  const permission =
    contract === 'platform' ? 'conversation:agentlessCall:add' : 'conversation:participants:add';
  return {
    check: ADD,
    outcome: 'not checked',
    detail: `cannot be checked by reading: see that the OAuth client has a role with ${permission}`,
  };
}

async function examineConversation(
  { settings }: ExamineDeps,
  client: GenesysClient,
  session: CallBudget,
  { conversationId }: Wanted,
): Promise<{ findings: Finding[]; roster?: Roster }> {
  const allowed = (detail: string): Finding => ({
    check: READ_CONVERSATIONS,
    outcome: 'passed',
    detail,
  });
  try {
    const roster = await readConversation(
      client,
      conversationId ?? NO_ONE,
      settings.config.MAX_PARTICIPANTS,
      session,
    );
    const found = [describeConversation(roster), ...describeParticipants(roster)];
    return { roster, findings: [allowed('the conversation was read'), ...found] };
  } catch (error) {
    const code = error instanceof AdderError ? error.code : undefined;
    const absent = code === 'CONVERSATION_NOT_FOUND';
    if (absent && conversationId === undefined) {
      return { findings: [allowed('a conversation that does not exist is not found')] };
    }
    if (absent || code === 'CONVERSATION_ENDED' || code === 'MEDIA_NOT_SUPPORTED') {
      return { findings: [allowed('it was looked up'), failed(CONVERSATION, error)] };
    }
    return { findings: [failed(READ_CONVERSATIONS, error)] };
  }
}

function describeConversation(roster: Roster): Finding {
  const people = `${countPeople(roster)} of at most ${roster.limit} people in it`;
  if (roster.contract === 'generic') {
    return {
      check: CONVERSATION,
      outcome: 'passed',
      detail: `of the generic endpoint, with ${people}`,
    };
  }
  const [actingUser] = roster.actingUserIds;
  if (actingUser === undefined) {
    return {
      check: CONVERSATION,
      outcome: 'failed',
      detail: `a call with ${people}, none of them a Genesys Cloud user`,
      toDo: CODES.NO_ACTING_USER.remedy,
    };
  }
  return {
    check: CONVERSATION,
    outcome: 'passed',
    detail: `a call with ${people}; people are added on behalf of user ${actingUser}`,
  };
}

async function examineUsers(
  client: GenesysClient,
  contract: Contract,
  session: CallBudget,
  { userId }: Wanted,
): Promise<Finding[]> {
  const id = userId ?? NO_ONE;
  try {
    const inBulk = await readUsersInBulk(client, [id], 'commas', session);
    const facts = inBulk?.get(id) ?? (await readUser(client, contract, id, session));
    const how = inBulk ? 'in bulk' : 'one by one';
    return [
      { check: READ_USERS, outcome: 'passed', detail: `users are looked up ${how}` },
      ...(userId === undefined ? [] : [describeUser(facts)]),
    ];
  } catch (error) {
    const finding = failed(READ_USERS, error);
    if ((error as AdderError).code !== 'FORBIDDEN') return [finding];
    return [
      {
        ...finding,
        toDo: 'Give the OAuth client a role with directory:user:view (generic contract: user:read). Without it people are added anyway, each with the warning PRESENCE_UNKNOWN.',
      },
    ];
  }
}

function describeUser(facts: UserFacts): Finding {
  const { state } = facts;
  if (state !== 'active') {
    const code = state === 'inactive' ? 'INACTIVE_USER' : 'UNKNOWN_USER';
    return { check: USER, outcome: 'failed', detail: CODES[code].cause, toDo: CODES[code].remedy };
  }
  const warning = presenceWarning({ id: '', role: 'agent' }, facts);
  const reachable = 'active and reachable';
  return {
    check: USER,
    outcome: 'passed',
    detail:
      warning === undefined ? reachable : `active; would be added with the warning ${warning}`,
  };
}

function examineRateLimit({ config }: Settings, headers: Record<string, string>): Finding {
  const perMinute = config.GENESYS_REQUESTS_PER_SECOND * 60;
  const allowed = Number(headers['inin-ratelimit-allowed']);
  if (!(allowed > 0)) {
    return {
      check: RATE_LIMIT,
      outcome: 'warning',
      detail: `the answers carry no inin-ratelimit headers; the service uses its own limit of ${perMinute} requests per minute`,
    };
  }
  const detail = `${headers['inin-ratelimit-count'] ?? '?'} of ${allowed} requests of this minute used, ${headers['inin-ratelimit-reset'] ?? '?'} s left of it; the service is set to ${perMinute} a minute`;
  if (perMinute <= allowed) return { check: RATE_LIMIT, outcome: 'passed', detail };
  return {
    check: RATE_LIMIT,
    outcome: 'warning',
    detail,
    toDo: `Set GENESYS_REQUESTS_PER_SECOND to at most ${Math.floor((allowed / 60) * 100) / 100}.`,
  };
}

/** @throws the error itself where it is a defect, and none of the organisation's doing */
function failed(check: string, error: unknown): Finding {
  if (error instanceof OutOfTimeError) {
    const detail = `not within ${TIME_LIMIT_MS / 1000} seconds: Genesys Cloud responds too slowly`;
    return { check, outcome: 'failed', detail, toDo: CODES.GENESYS_UNAVAILABLE.remedy };
  }
  if (!(error instanceof AdderError)) throw error;
  return { check, outcome: 'failed', detail: error.message, toDo: CODES[error.code].remedy };
}
