// What turns `serverless offline` into the API Gateway of `npm start`. Loaded with every serverless
// command, so it is plain JavaScript that an old Node can read, and it does nothing unless
// start-api-gateway.ts has started the process.
import process from 'node:process';

export default class LocalSystemPlugin {
  constructor(serverless) {
    this.serverless = serverless;
    if (!process.send || process.env.LOCAL_API_GATEWAY !== 'true') return;
    // Whoever started this process is gone, however it went: nothing may stay behind.
    process.on('disconnect', () => process.exit());
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
