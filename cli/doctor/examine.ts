import { AdderError } from '../../lib/domain/adder-error.ts';
import { createRedactor, type Redactor } from '../../lib/domain/redact.ts';
import type { Contract } from '../../lib/domain/roster.ts';
import { createCallBudget } from '../../lib/genesys/api/call-budget.ts';
import { createGenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import type { CallAllowance } from '../../lib/genesys/pace/call-allowance.ts';
import { createCallAllowance } from '../../lib/genesys/pace/create-call-allowance.ts';
import { createMemoryCallWindow } from '../../lib/genesys/pace/memory-call-window.ts';
import type { Credentials } from '../../lib/genesys/token/credentials.ts';
import { createRequestToken } from '../../lib/genesys/token/request-token.ts';
import { examineConversation, READ_CONVERSATIONS } from './examine-conversation.ts';
import type { ExamineDeps, Wanted } from './examine-deps.ts';
import { examineDryRun } from './examine-dry-run.ts';
import { examineUsers, READ_USERS } from './examine-users.ts';
import { failed, TIME_LIMIT_MS } from './failed.ts';
import type { Finding } from './finding.ts';
import type { Settings } from './read-settings.ts';

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
    item: createMemoryCallWindow(),
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
const ADD = 'add participants';
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

function examineRateLimit({ config }: Settings, headers: Record<string, string>): Finding {
  const perMinute = config.GENESYS_REQUESTS_PER_SECOND * 60;
  const allowed = Number(headers['inin-ratelimit-allowed']);
  if (!(allowed > 0)) {
    return {
      check: RATE_LIMIT,
      outcome: 'warning',
      detail: `the responses have no inin-ratelimit headers; the service uses its own limit of ${perMinute} requests per minute`,
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
