// A process that loads a function and calls it with the events that its parent sends over the channel
// that `fork` has opened, one after the other. Argument: the module.
const { handler } = await import(process.argv[2]);
const context = {
  functionName: 'bench',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 60_000,
};

process.on('message', async ({ events, collect }) => {
  if (collect) {
    // Twice: finalizers of the first run may release more.
    globalThis.gc();
    globalThis.gc();
    process.send(process.memoryUsage().heapUsed);
    return;
  }
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  const responses = [];
  let error;
  try {
    for (const event of events) responses.push((await handler(event, context)) ?? null);
  } catch (cause) {
    error = String(cause?.stack ?? cause);
  }
  const wallMs = performance.now() - startedAtMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send({
    responses,
    error,
    wallMs,
    cpuMs: (user + system) / 1000,
    residentBytes: process.memoryUsage.rss(),
  });
});
process.send('ready');
