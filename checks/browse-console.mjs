// Uses the console page of a running `npm start` in a headless Chromium, as a person with a keyboard
// does, and prints as JSON what came of it.
//
//   node checks/browse-console.mjs CONSOLE_URL REQUEST_QUEUE_URL CHROMIUM [FOLDER]
//
// FOLDER: where to put screenshots (light, dark, phone).
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [consoleUrl = '', queueUrl = '', executablePath = '', folder] = process.argv.slice(2);
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const LOOKS = {
  light: { viewport: { width: 1440, height: 1000 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 1000 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  'phone-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
};
const DESKTOP = LOOKS.light;
/** Long, because a busy machine slows everything down. */
const PATIENCE_MS = 40_000;

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const elsewhere = new Set();
const faults = [];

async function open(look) {
  // axe is injected, which the page's own policy forbids.
  const context = await browser.newContext({ ...look, bypassCSP: true, reducedMotion: 'reduce' });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(consoleUrl)) elsewhere.add(request.url());
  });
  await page.goto(consoleUrl);
  await page.getByText('Live', { exact: true }).waitFor();
  return page;
}

/** Presses Tab until an element has the focus, as a person without a mouse does. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`Tab does not lead to ${selector}`);
}

async function setChecked(page, name, checked) {
  const box = page.getByRole('checkbox', { name, exact: true });
  await box.focus();
  if ((await box.isChecked()) !== checked) await page.keyboard.press('Space');
}

async function send(page) {
  await tabTo(page, 'button.primary');
  await page.keyboard.press('Enter');
  const answer = page.locator('#answer p').filter({ hasText: /^\d{3}: / });
  await answer.waitFor();
  return answer.innerText();
}

async function waitForStatus(page, id) {
  const card = page.locator(`article[id^="request-${id}"]`);
  await card
    .locator('.badge')
    .filter({ hasText: /^(SUCCESS|PARTIAL|FAILED|EXPIRED|CANCELLED)$/ })
    .waitFor();
  await card.getByText('signature verified').first().waitFor();
  return {
    status: await card.locator('.badge').first().innerText(),
    timeline: await card.locator('.timeline b').allInnerTexts(),
  };
}

const idIn = (answer) => /request ([\da-f]{8})/i.exec(answer)?.[1] ?? '';
const rosterLine = async (page, name) =>
  page.locator('.people li').filter({ hasText: name }).first().innerText();

const found = {};
const page = await open(DESKTOP);

// hana and ivo are chosen already.
const first = await send(page);
found.accepted = first;
found.request = await waitForStatus(page, idIn(first));
await page.locator('.people li.in').filter({ hasText: 'ivo' }).waitFor();
found.roster = await rosterLine(page, 'hana');

found.replay = await send(page);
await page.locator('.badge', { hasText: 'REPLAYED' }).waitFor();
found.rosterAfterReplay = await rosterLine(page, 'hana');

// A response of Genesys Cloud is lost after jun was rung.
await page.getByRole('radio', { name: /then loses the response/ }).focus();
await page.keyboard.press('Space');
await setChecked(page, 'hana', false);
await setChecked(page, 'ivo', false);
await setChecked(page, 'jun', true);
await page.locator('#new-key').focus();
await page.keyboard.press('Enter');
const second = await send(page);
found.lostResponse = await waitForStatus(page, idIn(second));
found.rosterAfterLostResponse = await rosterLine(page, 'jun');
found.troubleAfterwards = await page.locator('#trouble input:checked').inputValue();

// A person who declines.
await page.getByRole('radio', { name: 'decline' }).focus();
await page.keyboard.press('Space');
await setChecked(page, 'jun', false);
await page.locator('#more-people > summary').focus();
await page.keyboard.press('Enter');
await setChecked(page, 'kemi', true);
await page.locator('#new-key').focus();
await page.keyboard.press('Enter');
const third = await send(page);
found.declined = await waitForStatus(page, idIn(third));
await page.locator('.people li.left').filter({ hasText: 'kemi' }).waitFor();
found.rosterAfterDecline = await rosterLine(page, 'kemi');
await page.getByRole('radio', { name: /answer after/ }).focus();
await page.keyboard.press('Space');

// A refusal names the field.
await page.locator('#ids').fill('nobody');
found.refused = await send(page);
await page.locator('#ids').fill('');

// A message that is no request: redriven it comes back, discarded it is gone.
await fetch(queueUrl, {
  method: 'POST',
  body: new URLSearchParams({
    Action: 'SendMessage',
    MessageBody: '{"order": 4711}',
    MessageGroupId: 'others',
    MessageDeduplicationId: String(Date.now()),
  }),
});
const letter = page.locator('#letters article');
await letter.waitFor();
found.letter = await letter.locator('strong').innerText();

const details = page.locator(`article[id^="request-${idIn(first)}"] details`);
for (const summary of await details.locator('summary').all()) {
  await summary.focus();
  await page.keyboard.press('Enter');
}
found.bodies = (await details.locator('pre').allInnerTexts()).join('\n');
found.curl = await page.locator('#curl').textContent();

found.violations = {};
found.widerThanTheScreen = [];
for (const [name, look] of Object.entries(LOOKS)) {
  const shown = await open(look);
  await shown.locator('article[id^="request-"] .timeline').first().waitFor();
  await shown.addScriptTag({ path: axe });
  const { violations } = await shown.evaluate(() => globalThis.axe.run());
  found.violations[name] = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
  const isWide = await shown.evaluate(
    () => document.documentElement.scrollWidth > globalThis.innerWidth,
  );
  if (isWide) found.widerThanTheScreen.push(name);
  if (folder) await shown.screenshot({ path: join(folder, `${name}.png`) });
  await shown.context().close();
}

await page.bringToFront();
await letter.getByRole('button', { name: /^Discard/ }).focus();
await page.keyboard.press('Enter');
await page.getByText('None.', { exact: true }).waitFor();
found.lettersAfterDiscard = await letter.count();
await browser.close();
process.stdout.write(JSON.stringify({ ...found, elsewhere: [...elsewhere], faults }));
