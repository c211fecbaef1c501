// One instance of a function: a worker thread, which has its own modules and environment as a real
// instance has. Loads the handler once, then carries out one event after the other.
import { parentPort, workerData } from 'node:worker_threads';
import type { InstanceData, InvocationAnswer, InvocationRequest } from './lambda-instance.ts';

const { moduleUrl, exportName, functionName, memoryMb } = workerData as InstanceData;
const handler = (await import(moduleUrl))[exportName];
if (typeof handler !== 'function') {
  throw new Error(`${moduleUrl} does not export a function ${exportName}`);
}

parentPort?.on('message', async ({ event, requestId, deadlineMs }: InvocationRequest) => {
  // As tracing by the platform has it, for what carries the trace on.
  process.env._X_AMZN_TRACE_ID = `Root=1-${requestId.slice(0, 8)}-${requestId.replaceAll('-', '').slice(8)};Sampled=0`;
  const context = {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${process.env.AWS_REGION}:000000000000:function:${functionName}`,
    memoryLimitInMB: String(memoryMb),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(deadlineMs - Date.now(), 0),
  };
  let answer: InvocationAnswer;
  try {
    // What an answer is worth is what its JSON is worth.
    answer = { response: JSON.parse(JSON.stringify((await handler(event, context)) ?? null)) };
  } catch (error) {
    answer = {
      error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    };
  }
  parentPort?.postMessage(answer);
});
