// A fresh process that loads a function and calls it once. Arguments: the module, the event's file.
// Says how long that took, in milliseconds, on file descriptor 3: the function has 1 and 2.
const { readFileSync, writeSync } = process.getBuiltinModule('node:fs');
const [modulePath, eventFile] = process.argv.slice(2);
const event = JSON.parse(readFileSync(eventFile, 'utf8'));
const context = {
  functionName: 'bench',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 60_000,
};

const startedAtMs = performance.now();
const { handler } = await import(modulePath);
const loadedAtMs = performance.now();
const answer = await handler(event, context);
const endedAtMs = performance.now();

writeSync(
  3,
  JSON.stringify({
    importMs: loadedAtMs - startedAtMs,
    invokeMs: endedAtMs - loadedAtMs,
    answer: answer ?? null,
  }),
);
// Kept-alive connections would hold it.
process.exit(0);
