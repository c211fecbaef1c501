// Turns `serverless offline` into the API Gateway of `npm start`. Every serverless command loads it, so
// it is plain JavaScript for old versions of Node, and does nothing unless start-api-gateway.ts started
// the process.
import { subscribe } from 'node:diagnostics_channel';
import process from 'node:process';

/** Hide headers of a request from serverless-offline. forward-event.mjs restores them. */
const ORIGINAL_CONTENT_TYPE = 'x-original-content-type';
const ORIGINAL_ORIGIN = 'x-original-origin';

/** Makes serverless-offline treat a request as API Gateway does. */
function prepareRequest({ request }) {
  hideContentType(request);
  hideOrigin(request);
  keepTrailingSlash(request);
}

/**
 * serverless-offline adds a missing content type, and parses JSON: it drops a body of `null`.
 * So every body is presented to it as plain text.
 */
function hideContentType({ headers, rawHeaders }) {
  const original = headers['content-type'];
  headers['content-type'] = 'text/plain';
  const position = findHeader(rawHeaders, 'content-type');
  if (position < 0) rawHeaders.push('content-type', 'text/plain');
  else rawHeaders[position + 1] = 'text/plain';
  if (original !== undefined) rawHeaders.push(ORIGINAL_CONTENT_TYPE, original);
}

/** With an origin, serverless-offline adds CORS headers that the deployed API does not have. */
function hideOrigin({ headers, rawHeaders }) {
  delete headers.origin;
  const position = findHeader(rawHeaders, 'origin');
  if (position >= 0) rawHeaders[position] = ORIGINAL_ORIGIN;
}

/** serverless-offline removes one slash from the end of a path. API Gateway removes none. */
function keepTrailingSlash(request) {
  request.url = request.url.replace(/^([^?]+\/)(?=\?|$)/, (path) =>
    path === '/' ? path : `${path}/`,
  );
}

function findHeader(rawHeaders, wanted) {
  return rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === wanted);
}

export default class LocalSystemPlugin {
  constructor(serverless) {
    this.serverless = serverless;
    if (!process.send || process.env.LOCAL_API_GATEWAY !== 'true') return;
    // The parent process has ended.
    process.on('disconnect', () => process.exit());
    subscribe('http.server.request.start', prepareRequest);
    // The channel must not keep the process alive if the start fails.
    process.channel.unref();
    this.hooks = {
      // Listed after scripts/serverless/plugin.mjs, which uses the same hook, so the bundles exist.
      'before:offline:start:init': () => this.handOver(),
      'after:offline:start:init': () => process.send({ type: 'ready' }),
    };
  }

  /** Sends the resolved service to the parent, and forwards each HTTP event to it. */
  handOver() {
    const { service } = this.serverless;
    const names = service.getAllFunctions();
    const functions = names.map((key) => {
      const { name, handler, timeout, memorySize, environment, events } = service.getFunction(key);
      return { key, name, handler, timeout, memorySize, environment, events };
    });
    const { region, stage, timeout, memorySize, environment } = service.provider;
    process.send({
      type: 'service',
      service: {
        provider: { region, stage, timeout, memorySize, environment },
        bundles: process.env.LOCAL_BUILD_FOLDER,
        functions,
        resources: service.resources.Resources,
      },
    });
    service.provider.environment = {};
    for (const key of names) {
      Object.assign(service.getFunction(key), {
        handler: 'forward-event.handler',
        environment: {},
      });
    }
    service.custom['serverless-offline'] = { location: 'local/api-gateway' };
  }
}
