import type { CallerRequest } from '../measure-waits.ts';

export interface PostedRequest extends CallerRequest {
  postedAtMs: number;
  acceptedAtMs?: number;
  /** When the adder was first invoked with it. */
  readonly receivedAtMs: number | undefined;
  /** Ids of its webhooks. A repeated delivery has the same id. */
  resultIds: Set<string>;
  /** `status` of the result. */
  status?: string;
}

/** What a run has seen of its requests. Times are those of `performance.now()`. */
export interface RunLog {
  posts: PostedRequest[];
  /** Number of each problem. */
  problems: Map<string, number>;
  /** A request is posted, perhaps again. */
  post(request: CallerRequest): PostedRequest;
  accepted(post: PostedRequest, requestId: string): void;
  /** The adder is invoked with a message. @param body of the message */
  received(body: string): void;
  /** A webhook has arrived. @param body signed text */
  delivered(resultId: string, body: string): void;
  problem(what: string): void;
  /** A function has logged a line. */
  line(functionName: string, line: string): void;
}

export function createRunLog(): RunLog {
  const posts: PostedRequest[] = [];
  const byCorrelationId = new Map<string, PostedRequest>();
  const firstReceives = new Map<string, number>();
  const requestIds = new Map<PostedRequest, string>();
  const problems = new Map<string, number>();
  const problem = (what: string) => void problems.set(what, (problems.get(what) ?? 0) + 1);
  return {
    posts,
    problems,
    problem,
    post(request) {
      const known = byCorrelationId.get(request.correlationId);
      if (known) return known;
      const post: PostedRequest = {
        ...request,
        postedAtMs: performance.now(),
        get receivedAtMs() {
          return firstReceives.get(requestIds.get(post) ?? '');
        },
        resultIds: new Set(),
      };
      byCorrelationId.set(request.correlationId, post);
      posts.push(post);
      return post;
    },
    accepted(post, requestId) {
      post.acceptedAtMs = performance.now();
      requestIds.set(post, requestId);
    },
    received(body) {
      const { requestId } = JSON.parse(body);
      if (!firstReceives.has(requestId)) firstReceives.set(requestId, performance.now());
    },
    delivered(resultId, body) {
      const { audit } = JSON.parse(body);
      const post = byCorrelationId.get(audit?.correlation_id);
      if (!post) return problem('a result without a request');
      post.resultIds.add(resultId);
      post.status = audit.status;
    },
    line(functionName, line) {
      if (!/"level":"(ERROR|WARN)"/.test(line)) return;
      const { level, message, error } = JSON.parse(line);
      problem(`${functionName} ${level}: ${message}${error?.name ? ` (${error.name})` : ''}`);
    },
  };
}
