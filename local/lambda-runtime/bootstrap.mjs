/**
 * A client of the Lambda Runtime API: polls for the next event, calls the handler, sends the response.
 * Started by start-lambda-process.ts. Imports only Node's own modules, because the function's directory
 * may have no node_modules. Plain JavaScript, because stripping types costs every instance 50 ms and
 * 17 MB.
 */
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { env } = process;
const api = `http://${env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new Agent({ keepAlive: true });

/** @returns {Promise<{ headers: import('node:http').IncomingHttpHeaders, body: string }>} */
function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${api}${path}`, { method, agent }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk) => {
        text += chunk;
      });
      incoming.on('end', () => resolve({ headers: incoming.headers, body: text }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function describe(error) {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
}

async function loadHandler() {
  const name = env._HANDLER ?? '';
  const dot = name.lastIndexOf('.');
  const root = join(env.LAMBDA_TASK_ROOT ?? '.', name.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs', '.ts'].map((end) => root + end).find(existsSync);
  if (!file) throw new Error(`Cannot find module '${root}'`);
  const loaded = await import(pathToFileURL(file).href);
  const handler = loaded[name.slice(dot + 1)];
  if (typeof handler !== 'function') throw new Error(`${name} is undefined or not exported`);
  return handler;
}

function contextOf(headers) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  console.error(error);
  await call('POST', '/init/error', describe(error));
  process.exit(1);
}

while (true) {
  const { headers, body } = await call('GET', '/invocation/next');
  const id = String(headers['lambda-runtime-aws-request-id']);
  // As AWS's runtime client for Node.js does. The SDK forwards it as a header.
  env._X_AMZN_TRACE_ID = String(headers['lambda-runtime-trace-id']);
  try {
    const response = await handler(JSON.parse(body), contextOf(headers));
    await call('POST', `/invocation/${id}/response`, response ?? null);
  } catch (error) {
    console.error(error);
    await call('POST', `/invocation/${id}/error`, describe(error));
  }
}
