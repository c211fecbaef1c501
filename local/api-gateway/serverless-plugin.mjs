// What turns `serverless offline` into the API Gateway of `npm start`. Loaded with every serverless
// command, so it is plain JavaScript that an old Node can read, and it does nothing unless
// start-api-gateway.ts has started the process.
import { subscribe } from 'node:diagnostics_channel';
import process from 'node:process';

/** Carries a request's own content type past serverless-offline; forward-event.mjs puts it back. */
const ORIGINAL_CONTENT_TYPE = 'x-original-content-type';

/**
 * serverless-offline makes up a content type where there is none, and takes JSON apart on the way:
 * a body of `null` is none to it. So it gets to see every body as plain text.
 */
function hideContentType({ request }) {
  const { headers, rawHeaders } = request;
  const original = headers['content-type'];
  headers['content-type'] = 'text/plain';
  const position = rawHeaders.findIndex(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type',
  );
  if (position < 0) rawHeaders.push('content-type', 'text/plain');
  else rawHeaders[position + 1] = 'text/plain';
  if (original !== undefined) rawHeaders.push(ORIGINAL_CONTENT_TYPE, original);
}

export default class LocalSystemPlugin {
  constructor(serverless) {
    this.serverless = serverless;
    if (!process.send || process.env.LOCAL_API_GATEWAY !== 'true') return;
    // Whoever started this process is gone, however it went: nothing may stay behind.
    process.on('disconnect', () => process.exit());
    subscribe('http.server.request.start', hideContentType);
    // Listening there must not keep a process alive that could not start.
    process.channel.unref();
    this.hooks = {
      // Listed after serverless-esbuild, which has the same hook: the bundles are there by now.
      'before:offline:start:init': () => this.handOver(),
      'after:offline:start:init': () => process.send({ type: 'ready' }),
    };
  }

  /** Tells the parent what serverless.yml says, and has each HTTP event sent to it. */
  handOver() {
    const { service } = this.serverless;
    const offline = service.custom['serverless-offline'];
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
        // Where serverless-esbuild has put the bundles.
        bundles: offline.location,
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
    offline.location = 'local/api-gateway';
  }
}
