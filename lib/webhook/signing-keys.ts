import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { asObject, parseJson } from '../domain/json.ts';

/** A key that signs: a shared secret (`v1`, HMAC-SHA256) or a private key (`v1a`, ed25519). */
export type SigningKey =
  | { scheme: 'v1'; secret: Buffer }
  | { scheme: 'v1a'; privateKey: KeyObject };

export interface ParsedKeys {
  keys: SigningKey[];
  /** One sentence for each key that cannot be used, by its position, never with its value. */
  problems: string[];
}

/** Standard Webhooks 1.0.0, "Signature scheme": 24 to 64 random bytes. */
const MIN_SECRET_BYTES = 24;

const SEED_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
/** What RFC 8410 puts before the 32 bytes of an ed25519 private key in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Reads the signing secret, `{"keys": ["whsec_…", "whsk_…"]}`. An empty list is not a problem: it means that
 * no key is configured.
 */
export function parseSigningKeys(text: string): ParsedKeys {
  const parsed: ParsedKeys = { keys: [], problems: [] };
  const list = readList(text);
  if (!list) {
    parsed.problems.push('it is not {"keys": ["whsec_…", …]}');
    return parsed;
  }
  list.forEach((value, index) => {
    const name = `key ${index + 1} of ${list.length}`;
    const key = parseKey(value);
    if (typeof key === 'string') {
      parsed.problems.push(`${name} ${key}`);
      return;
    }
    parsed.keys.push(key);
  });
  return parsed;
}

/** Every text of the signing secret that must not leave the function: each key, with and without its prefix. */
export function listSecrets(text: string): string[] {
  const keys = readList(text)?.filter((value) => typeof value === 'string') ?? [text];
  return keys.flatMap((key) => [key, key.replace(/^wh(sec|sk|pk)_/, '')]);
}

function readList(text: string): unknown[] | undefined {
  const keys = asObject(parseJson(text))?.keys;
  return Array.isArray(keys) ? keys : undefined;
}

/** The key, or what is wrong with it. */
function parseKey(value: unknown): SigningKey | string {
  if (typeof value !== 'string') return 'is not a string';
  const prefix = /^wh(sec|sk|pk)_/.exec(value)?.[0];
  if (prefix === undefined) return 'begins with neither whsec_ nor whsk_';
  if (prefix === 'whpk_')
    return 'is a public key (whpk_), which cannot sign; store its whsk_ key instead';
  const bytes = decodeBase64(value.slice(prefix.length));
  if (!bytes) return `is not base64 after ${prefix}`;
  if (prefix === 'whsk_') return parsePrivateKey(bytes);
  return bytes.length < MIN_SECRET_BYTES
    ? `has ${bytes.length} bytes; at least ${MIN_SECRET_BYTES} are needed`
    : { scheme: 'v1', secret: bytes };
}

/** Strict, as the receivers' libraries are. Node's own decoder ignores invalid characters. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : undefined;
}

/** A seed alone, or followed by its public key, as libsodium and the Standard Webhooks libraries write it. */
function parsePrivateKey(bytes: Buffer): SigningKey | string {
  if (bytes.length !== SEED_BYTES && bytes.length !== SEED_BYTES + PUBLIC_KEY_BYTES) {
    return `has ${bytes.length} bytes after whsk_; an ed25519 key has 32, or 64 with its public key`;
  }
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes.subarray(0, SEED_BYTES)]),
    format: 'der',
    type: 'pkcs8',
  });
  if (bytes.length > SEED_BYTES) {
    const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
    if (!publicKey.subarray(-PUBLIC_KEY_BYTES).equals(bytes.subarray(SEED_BYTES))) {
      return 'carries a public key that does not belong to its private key';
    }
  }
  return { scheme: 'v1a', privateKey };
}
