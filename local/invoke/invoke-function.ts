import { fileURLToPath } from 'node:url';
import { startLambdaProcess } from '../lambda-runtime/start-lambda-process.ts';

export interface FunctionToInvoke {
  /** Key in serverless.yml. */
  name: string;
  /** Alias that is invoked, such as `data-action`. */
  qualifier?: string | undefined;
  environment: Record<string, string>;
  timeoutMs: number;
  onLogLine: (line: string) => void;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Invokes a new instance of a function, which runs from its TypeScript source.
 * @throws LambdaFault
 */
export async function invokeFunction(
  { name, qualifier, environment, timeoutMs, onLogLine }: FunctionToInvoke,
  event: unknown,
): Promise<unknown> {
  const lambda = await startLambdaProcess({
    zipOrDir: root,
    handler: `functions/${name}/index.handler`,
    env: environment,
    timeoutMs,
    name,
    memoryMb: 1024,
    onLine: onLogLine,
  });
  try {
    return await lambda.invoke(event, qualifier ? { qualifier } : {});
  } finally {
    await lambda.stop();
  }
}

/** True if the response is neither an HTTP error nor names failed messages. */
export function isSuccess(response: unknown): boolean {
  const { statusCode, batchItemFailures } = (response ?? {}) as {
    statusCode?: number;
    batchItemFailures?: unknown[];
  };
  if (statusCode !== undefined) return statusCode < 400;
  return (batchItemFailures ?? []).length === 0;
}
