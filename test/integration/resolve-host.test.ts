import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { afterEach, expect, test } from '@jest/globals';
import { createResolveHost, type ResolveHost } from '../../lib/webhook/resolve-host.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A name server on loopback that receives every query and answers none. */
async function startSilentNameServer(): Promise<{ address: string; queries: () => number }> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  let queries = 0;
  socket.on('message', () => {
    queries += 1;
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${socket.address().port}`, queries: () => queries };
}

const resolveWith = (resolve: ResolveHost, hostname: string) =>
  new Promise<unknown>((done) => {
    resolve(hostname, { all: true }, (error, addresses) => done(error ?? addresses));
  });

test('a silent name server does not block other lookups of the process', async () => {
  const server = await startSilentNameServer();
  const resolve = createResolveHost([server.address]);
  const order: string[] = [];
  // More than the four threads that dns.lookup shares.
  const silent = Array.from({ length: 8 }, (_, index) =>
    resolveWith(resolve, `hook-${index}.example.com`).then((result) => {
      order.push('silent');
      return result;
    }),
  );
  await lookup('localhost').then(() => order.push('system'));
  const results = await Promise.all(silent);
  expect(order[0]).toBe('system');
  expect(server.queries()).toBeGreaterThan(0);
  for (const result of results) expect(result).toMatchObject({ code: 'ETIMEOUT' });
});

test('loopback names and literal addresses need no name server', async () => {
  const resolve = createResolveHost(['127.0.0.1:9']);
  expect(await resolveWith(resolve, 'localhost')).toEqual([
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]);
  expect(await resolveWith(resolve, '192.0.2.7')).toEqual([{ address: '192.0.2.7', family: 4 }]);
});
