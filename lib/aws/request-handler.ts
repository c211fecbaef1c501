import type { SQSClient } from '@aws-sdk/client-sqs';
import { HttpError, type SendHttp } from '../http/send-http.ts';

/** One try of a call; two of them end within 6.5 s, the pause between them included. */
const TRY_TIMEOUT_MS = 3_000;

/** What every AWS client of the functions is made with. */
export const awsClientSettings = (sendHttp: SendHttp) => ({
  // Nothing here changes a client once it is made.
  cacheMiddleware: true,
  requestHandler: createRequestHandler(sendHttp, TRY_TIMEOUT_MS),
});

/** What an AWS client sends its requests by. */
export type RequestHandler = SQSClient['config']['requestHandler'];
type AwsRequest = Parameters<RequestHandler['handle']>[0];

/**
 * Lets an AWS client send by the HTTP client that everything else here sends by: one way to do it, and
 * an eighth less of a cold start than the SDK's own (docs/performance.md). For services that speak
 * JSON, as SQS and Secrets Manager do: the body is text, and the path has no query.
 * @param timeoutMs for one try, from connecting to the end of the answer
 */
export function createRequestHandler(sendHttp: SendHttp, timeoutMs: number): RequestHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ method, protocol, hostname, port, path, headers, body }: AwsRequest) {
      const host = port === undefined ? hostname : `${hostname}:${port}`;
      try {
        const answer = await sendHttp({
          method: method as 'POST',
          url: `${protocol}//${host}${path}`,
          headers,
          body,
          timeoutMs,
        });
        const { status: statusCode, body: text } = answer;
        return { response: { statusCode, headers: answer.headers, body: Buffer.from(text) } };
      } catch (fault) {
        // The SDK goes by the codes of Node's own errors, which not every fault here has.
        throw fault instanceof HttpError ? Object.assign(fault, { $retryable: {} }) : fault;
      }
    },
    httpHandlerConfigs: () => ({}),
    updateHttpClientConfig() {},
    destroy() {},
  };
}
