/** The part of yazl that package-functions.ts uses. yazl has no types of its own. */
declare module 'yazl' {
  export class ZipFile {
    outputStream: NodeJS.ReadableStream;
    addBuffer(content: Buffer, path: string, options: { mtime: Date; mode: number }): void;
    end(): void;
  }
}
