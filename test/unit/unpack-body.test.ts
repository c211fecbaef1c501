import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { unpackBody } from '../../lib/http/unpack-body.ts';

const text = JSON.stringify({ id: 'a', participants: [] });

describe('a packed body', () => {
  test.each([
    ['gzip', gzipSync(text)],
    ['GZIP', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', Buffer.from(text)],
    [undefined, Buffer.from(text)],
    // A header that is wrong, and a body that is broken: as it came.
    ['gzip', Buffer.from(text)],
    ['unheard-of', Buffer.from(text)],
    ['gzip, gzip, gzip', Buffer.from(text)],
  ])('by %s is unpacked', (encoding, bytes) => {
    const { bytes: unpacked, truncated } = unpackBody(bytes, encoding, 1_000);
    expect([unpacked.toString(), truncated]).toEqual([text, false]);
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('by %s that is a bomb counts as too long', (encoding, pack) => {
    const bomb = pack(Buffer.alloc(10_000_000));
    expect(unpackBody(bomb, encoding, 1_000)).toEqual({ bytes: Buffer.alloc(0), truncated: true });
  });
});
