// Prints the Terraform configuration in a folder as JSON: its blocks by type, label and label.
// Usage: node hcl-to-json.mjs FOLDER
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parse } from '@cdktf/hcl2json';

const [folder = '.'] = process.argv.slice(2);
const merged = {};
for (const name of await readdir(folder)) {
  if (!name.endsWith('.tf')) continue;
  const content = await parse(name, await readFile(join(folder, name), 'utf8'));
  for (const [type, blocks] of Object.entries(content)) {
    if (Array.isArray(blocks)) merged[type] = [...(merged[type] ?? []), ...blocks];
    else {
      merged[type] ??= {};
      for (const [label, block] of Object.entries(blocks)) {
        merged[type][label] = Array.isArray(block) ? block : { ...merged[type][label], ...block };
      }
    }
  }
}
process.stdout.write(`${JSON.stringify(merged)}\n`);
