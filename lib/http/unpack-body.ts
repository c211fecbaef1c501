import { brotliDecompressSync, inflateRawSync, unzipSync } from 'node:zlib';

/** Maximum number of encodings of a body. */
const MAX_LAYERS = 2;

/**
 * Decompresses a body that is compressed although the request asked for `identity`: gzip, deflate (with and
 * without its zlib header) and Brotli. A body that cannot be decompressed is returned unchanged.
 * @param maxBytes of the decompressed body; `truncated` if there is more, so that a bomb does no harm
 */
export function unpackBody(
  bytes: Buffer,
  contentEncoding: string | undefined,
  maxBytes: number,
): { bytes: Buffer; truncated: boolean } {
  const layers = (contentEncoding ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (layers.length === 0 || layers.length > MAX_LAYERS || bytes.length === 0) {
    return { bytes, truncated: false };
  }
  try {
    const unpacked = layers.reduceRight<Buffer>(
      (packed, layer) => unpackLayer(packed, layer, maxBytes),
      bytes,
    );
    return { bytes: unpacked, truncated: false };
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { bytes: isTooLarge ? Buffer.alloc(0) : bytes, truncated: isTooLarge };
  }
}

function unpackLayer(packed: Buffer, layer: string, maxOutputLength: number): Buffer {
  if (layer === 'br') return brotliDecompressSync(packed, { maxOutputLength });
  // The low four bits of a zlib header are 8; without one it is raw deflate.
  const isRaw = layer === 'deflate' && ((packed[0] ?? 0) & 0x0f) !== 8;
  return isRaw
    ? inflateRawSync(packed, { maxOutputLength })
    : unzipSync(packed, { maxOutputLength });
}
