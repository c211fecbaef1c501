import { inflateRawSync } from 'node:zlib';

const END_OF_CENTRAL_DIRECTORY = 0x06054b50;
const CENTRAL_DIRECTORY_ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * The files of a zip archive, by path. Supports what packagers for Lambda write: no encryption, no zip64.
 * Node has no zip reader, and `unzip` may not be installed.
 * @throws Error for any other archive
 */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || archive.readUInt32LE(end) !== END_OF_CENTRAL_DIRECTORY) {
    throw new Error('not a zip archive: it has no central directory');
  }
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== CENTRAL_DIRECTORY_ENTRY) {
      throw new Error(`not a zip archive: no directory entry at byte ${at}`);
    }
    const method = archive.readUInt16LE(at + 10);
    const compressedSize = archive.readUInt32LE(at + 20);
    const nameLength = archive.readUInt16LE(at + 28);
    const skipped = archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    const localHeader = archive.readUInt32LE(at + 42);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    // The local header repeats name and extra field, with other lengths.
    const data =
      localHeader +
      30 +
      archive.readUInt16LE(localHeader + 26) +
      archive.readUInt16LE(localHeader + 28);
    const content = archive.subarray(data, data + compressedSize);
    if (method !== STORED && method !== DEFLATED) {
      throw new Error(`${name}: compression method ${method} is not supported`);
    }
    if (!name.endsWith('/')) files.set(name, method === STORED ? content : inflateRawSync(content));
    at += 46 + nameLength + skipped;
  }
  return files;
}
