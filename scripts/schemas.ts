import { mkdir, writeFile } from 'node:fs/promises';
import { SCHEMA_DOCUMENTS } from './schemas/schema-documents.ts';

/** `npm run schemas`: writes the documents that other programs read. */
export async function main(): Promise<void> {
  const folder = new URL('../schemas/', import.meta.url);
  await mkdir(folder, { recursive: true });
  for (const [name, make] of Object.entries(SCHEMA_DOCUMENTS)) {
    await writeFile(new URL(name, folder), toFile(make()));
    process.stdout.write(`schemas/${name}\n`);
  }
}

/** The text of a document's file. */
export function toFile(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
