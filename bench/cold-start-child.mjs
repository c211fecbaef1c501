// A fresh process that loads a function and calls it once. Arguments: the module, the event's file.
// Writes the time and the processor time, in milliseconds, to file descriptor 3: the function writes to
// 1 and 2.
const { readFileSync, writeSync } = process.getBuiltinModule('node:fs');
const [modulePath, eventFile] = process.argv.slice(2);
const event = JSON.parse(readFileSync(eventFile, 'utf8'));
const context = {
  functionName: 'bench',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 60_000,
};

const cpuBefore = process.cpuUsage();
const startedAtMs = performance.now();
const { handler } = await import(modulePath);
const response = await handler(event, context);
const wallMs = performance.now() - startedAtMs;
const { user, system } = process.cpuUsage(cpuBefore);

writeSync(3, JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, response: response ?? null }));
// Kept-alive connections would keep the process running.
process.exit(0);
