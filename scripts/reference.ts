import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../lib/user-error.ts';
import { describeApi } from './schemas/describe-api.ts';

const BUNDLE = new URL('../checks/node_modules/redoc/bundles/redoc.standalone.js', import.meta.url);
const PAGE = new URL('../docs/reference.html', import.meta.url);
/** An address in the bundle, which the page must not load: Redoc's logo. */
const LOGO = /https:\/\/cdn\.redoc(?:ly)?\.[^"'`\s]+?\.svg/g;
const NO_IMAGE = 'data:,';

/**
 * `npm run reference`: writes docs/reference.html, the reference of the HTTP API and its webhooks as one
 * file that loads nothing from the network. An argument is the file to write instead.
 * @throws UserError if the `checks` workspace, which has the renderer, is not installed
 */
export async function main([file = fileURLToPath(PAGE)]: string[] = []): Promise<void> {
  const bundle = await readFile(BUNDLE, 'utf8').catch(() => {
    throw new UserError('Redoc is not installed: npm run checks:install');
  });
  await writeFile(file, renderReference(bundle, describeApi()));
  process.stdout.write(`${file}\n`);
}

/** The page. @param bundle Redoc's standalone program */
export function renderReference(bundle: string, document: object): string {
  const program = bundle.replaceAll(LOGO, NO_IMAGE).replaceAll('</script', '<\\/script');
  const json = JSON.stringify(document).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; worker-src blob:">
<title>Reference: participant adder for Genesys Cloud</title>
<style>body { margin: 0 }</style>
</head>
<body>
<main id="reference"></main>
<script>${program}</script>
<script>Redoc.init(${json}, { hideDownloadButtons: true, disableSearch: true }, document.getElementById('reference'));</script>
</body>
</html>
`;
}
