import type { Random } from '../../lib/domain/clock.ts';
import type { GenesysRequest } from './exchange.ts';

/**
 * A fault of one request, in three independent parts: whether it is carried out, how long it takes, and
 * the response.
 */
export interface Fault {
  /**
   * `true`, `false`, or a number: an add stops after that many of its participants.
   * Default: `false` if `response` is a response, `reset` or `hang`, otherwise `true`.
   */
  carriedOut?: boolean | number;
  /** Milliseconds before it is carried out. */
  waitMs?: number;
  /** Milliseconds from there to the response. */
  delayMs?: number;
  /** Default: the operation's own response. `cut` cuts it off in the middle. */
  response?: FaultResponse | 'reset' | 'hang' | 'cut';
}

export interface FaultResponse {
  status: number;
  /** An object is sent as JSON. Missing fields of an `ErrorBody` are filled in. */
  body?: string | Record<string, unknown>;
  headers?: Record<string, string>;
  /**
   * `gateway`: as from a load balancer in front of the platform, without the platform's headers
   * and outside its rate limit. Default `platform`.
   */
  from?: 'platform' | 'gateway';
}

export interface FaultRule {
  method?: string;
  /** A part of the path, or a regular expression. */
  path?: string | RegExp;
  /** Which of the matching requests, counted from 1. Default: all. */
  calls?: number[];
  /** Probability of the fault for each of those. Default 1. */
  probability?: number;
  fault: Fault;
}

export interface FaultPlan {
  /** May be changed at any time. The first rule that applies wins. */
  rules: FaultRule[];
  /** The fault for this request, if any. Each rule counts its own matches. */
  next(request: Pick<GenesysRequest, 'method' | 'path'>): Fault | undefined;
}

export function createFaultPlan(rules: FaultRule[], random: Random): FaultPlan {
  const matches = new Map<FaultRule, number>();
  const plan: FaultPlan = {
    rules,
    next(request) {
      let chosen: Fault | undefined;
      for (const rule of plan.rules) {
        if (!matchesRequest(rule, request)) continue;
        const nth = (matches.get(rule) ?? 0) + 1;
        matches.set(rule, nth);
        if (chosen || (rule.calls && !rule.calls.includes(nth))) continue;
        if (rule.probability !== undefined && random() >= rule.probability) continue;
        chosen = rule.fault;
      }
      return chosen;
    },
  };
  return plan;
}

function matchesRequest(
  { method, path }: FaultRule,
  request: Pick<GenesysRequest, 'method' | 'path'>,
): boolean {
  if (method !== undefined && method !== request.method) return false;
  if (path === undefined) return true;
  return typeof path === 'string' ? request.path.includes(path) : path.test(request.path);
}

export function isCarriedOut({ carriedOut, response }: Fault): boolean | number {
  if (carriedOut !== undefined) return carriedOut;
  return response === undefined || response === 'cut';
}

/** An error page of a load balancer, without the platform's headers. */
export const gatewayPage = (status: 502 | 503 | 504): FaultResponse => ({
  status,
  from: 'gateway',
  headers: { 'content-type': 'text/html' },
  body: `<html>\r\n<head><title>${status} ${GATEWAY_TITLES[status]}</title></head>\r\n<body>\r\n<center><h1>${status} ${GATEWAY_TITLES[status]}</h1></center>\r\n</body>\r\n</html>\r\n`,
});

const GATEWAY_TITLES = {
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/** An error of the platform, as an `ErrorBody`. */
export const platformError = (
  status: number,
  code: string,
  message = `refused: ${code}`,
): FaultResponse => ({ status, body: { status, code, message } });

/** The platform's response when the rate limit is exceeded. Without seconds: it names no delay. */
export function tooManyRequests(retryAfterSeconds?: number): FaultResponse {
  if (retryAfterSeconds === undefined) {
    return platformError(
      429,
      'too.many.requests',
      'Rate limit exceeded the maximum [300] requests within [60] seconds',
    );
  }
  return {
    ...platformError(
      429,
      'too.many.requests.retry.after',
      `Rate limit exceeded the maximum. Retry the request in [${retryAfterSeconds}] seconds`,
    ),
    headers: { 'retry-after': String(retryAfterSeconds) },
  };
}
