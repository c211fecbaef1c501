// Prints the findings of AsyncAPI's own parser about a document, and the operations that it found in it.
//
//   node checks/validate-asyncapi.mjs DOCUMENT
import { readFile } from 'node:fs/promises';
import { Parser } from '@asyncapi/parser';

const [file = ''] = process.argv.slice(2);
const { document, diagnostics } = await new Parser().parse(await readFile(file, 'utf8'));
console.log(
  JSON.stringify({
    findings: diagnostics.map(({ code, message, path }) => ({ code, message, path })),
    operations:
      document
        ?.operations()
        .all()
        .map((operation) => operation.id()) ?? [],
  }),
);
