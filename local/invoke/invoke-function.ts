import { startLambda } from '../lambda/start-lambda.ts';

export interface FunctionToInvoke {
  /** Its key in serverless.yml. */
  name: string;
  environment: Record<string, string>;
  timeoutMs: number;
  onLogLine: (line: string) => void;
}

/**
 * Runs one event through a fresh instance of a function, straight from its source.
 * @throws Error where the function throws or cannot be loaded
 */
export async function invokeFunction(
  { name, ...options }: FunctionToInvoke,
  event: unknown,
): Promise<unknown> {
  const lambda = startLambda({
    ...options,
    moduleUrl: new URL(`../../functions/${name}/index.ts`, import.meta.url).href,
    exportName: 'handler',
    functionName: name,
    memoryMb: 1024,
    maxInstances: 1,
  });
  try {
    return await lambda.invoke(event);
  } finally {
    await lambda.stop();
  }
}

/** The function did what the event asked for: nothing given back, no error answered. */
export function isSuccess(answer: unknown): boolean {
  const { statusCode, batchItemFailures } = (answer ?? {}) as {
    statusCode?: number;
    batchItemFailures?: unknown[];
  };
  if (statusCode !== undefined) return statusCode < 400;
  return (batchItemFailures ?? []).length === 0;
}
