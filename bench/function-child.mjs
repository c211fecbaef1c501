// A process that loads a function and calls it as often as its parent says, over the channel that
// `fork` has opened. Argument: the module.
const { handler } = await import(process.argv[2]);
const context = {
  functionName: 'bench',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 60_000,
};

process.on('message', async ({ event, times, collect }) => {
  if (collect) {
    // Twice: what is found dead the first time may have held more.
    globalThis.gc();
    globalThis.gc();
    process.send(process.memoryUsage().heapUsed);
    return;
  }
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  let response;
  let error;
  try {
    for (let call = 0; call < times; call++) response = await handler(event, context);
  } catch (cause) {
    error = String(cause?.stack ?? cause);
  }
  const wallMs = performance.now() - startedAtMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send({
    response: response ?? null,
    error,
    wallMs,
    cpuMs: (user + system) / 1000,
    residentBytes: process.memoryUsage.rss(),
  });
});
process.send('ready');
