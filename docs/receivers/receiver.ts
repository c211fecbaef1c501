// A receiver of this service's webhooks, with nothing but Node (22.18 or newer; in this repository
// `npm run receiver` finds one).
//
//   WEBHOOK_KEY=whsec_... PORT=8080 node receiver.ts
//
// WEBHOOK_KEY is the key that signs (whsec_...), or the public half of an ed25519 key (whpk_...).
// Several, separated by spaces, while a key is being rotated.
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Older or newer than this may be a replay. */
const TOLERANCE_SECONDS = 5 * 60;
const MAX_BODY_BYTES = 1024 * 1024;

const keys = readKeys(process.env.WEBHOOK_KEY ?? '');

function readKeys(text: string): string[] {
  const given = text.split(/\s+/).filter(Boolean);
  const unknown = given.find((key) => !/^wh(sec|pk)_/.test(key));
  if (given.length > 0 && !unknown) return given;
  console.error(
    unknown
      ? `WEBHOOK_KEY: ${unknown.slice(0, 5)}… is neither a whsec_ key nor a public key (whpk_)`
      : 'WEBHOOK_KEY is not set',
  );
  process.exit(1);
}

/**
 * Ids of events that were dealt with. Here they are in memory; put them where your data is, in the
 * same transaction as what you do with the event, and keep them for three weeks.
 */
const seen = new Set<string>();

const server = createServer((request, response) => {
  // A connection that breaks, or a fault in what is done with the event: sent again.
  receive(request, response).catch((error) => {
    console.error(error.message);
    response.destroy();
  });
});

async function receive(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const respond = (status: number) => response.writeHead(status).end();
  if (request.method !== 'POST') return respond(405);
  const body = await readBody(request);
  if (!body) return respond(413);

  // Verify the bytes as they came. JSON that was parsed and written again is other bytes.
  const id = header(request, 'webhook-id');
  const timestamp = header(request, 'webhook-timestamp');
  if (!isFresh(timestamp)) return respond(400);
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  if (!isSigned(signed, header(request, 'webhook-signature'))) return respond(401);

  // Delivered at least once, so now and then twice, and with the same id each time.
  if (seen.has(id)) {
    console.log(`${id} again`);
    return respond(204);
  }
  const { event, audit } = JSON.parse(body.toString('utf8'));
  console.log(`${id} ${event} ${audit.status} conversation ${audit.conversation_id}`);
  seen.add(id);
  // Within 15 seconds. Store an event that takes longer to process, and process it after the response.
  return respond(204);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function header(request: IncomingMessage, name: string): string {
  return String(request.headers[name] ?? '');
}

function isFresh(timestamp: string): boolean {
  const ageSeconds = Date.now() / 1000 - Number(timestamp);
  return /^\d+$/.test(timestamp) && Math.abs(ageSeconds) <= TOLERANCE_SECONDS;
}

/** There is a signature for each key of the sender's; one that a key of ours accepts is enough. */
function isSigned(signed: Buffer, signatures: string): boolean {
  return signatures.split(' ').some((versioned) => {
    const [version, text = ''] = versioned.split(',');
    const signature = Buffer.from(text, 'base64');
    return keys.some((key) => {
      const bytes = Buffer.from(key.replace(/^wh(sec|pk)_/, ''), 'base64');
      if (version === 'v1' && key.startsWith('whsec_')) {
        const expected = createHmac('sha256', bytes).update(signed).digest();
        return signature.length === expected.length && timingSafeEqual(signature, expected);
      }
      if (version === 'v1a' && key.startsWith('whpk_')) {
        const x = bytes.toString('base64url');
        const publicKey = createPublicKey({
          format: 'jwk',
          key: { kty: 'OKP', crv: 'Ed25519', x },
        });
        return verify(null, signed, publicKey, signature);
      }
      return false;
    });
  });
}

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  const { address, port } = server.address() as AddressInfo;
  console.log(`listening on http://${address}:${port}`);
});
