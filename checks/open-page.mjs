// Opens an HTML file in a headless Chromium without a network, and prints as JSON what it shows, what it
// asks for, and what throws.
//
//   node checks/open-page.mjs FILE CHROMIUM HEADING_TO_WAIT_FOR
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [file = '', executablePath = '', text = ''] = process.argv.slice(2);
const url = pathToFileURL(file).href;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const context = await browser.newContext({ offline: true });
const page = await context.newPage();
const elsewhere = [];
const faults = [];
page.on('pageerror', (error) => faults.push(String(error)));
page.on('console', (line) => line.type() === 'error' && faults.push(line.text()));
page.on('request', (request) => {
  if (request.url() !== url && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
});
await page.goto(url);
await page.getByRole('heading', { name: text }).waitFor({ timeout: 60_000 });
const shown = await page.locator('body').innerText();
await browser.close();
console.log(JSON.stringify({ shown, elsewhere, faults }));
