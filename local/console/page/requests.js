import { announce, block, byId, clock, element, pretty, show } from './dom.js';

const FINAL = ['SUCCESS', 'PARTIAL', 'FAILED', 'EXPIRED', 'CANCELLED'];
/** As long as a request runs, its record is asked for this often. Milliseconds. */
const LOOK_AGAIN_MS = 1_000;
/** What a request's record says, by request id: the public API's own words. */
const records = new Map();
const stories = new Map();
const timers = new Map();

/** Shows a request, the newest on top, and asks the API for its record. */
export function showStory(story, nameOf) {
  const { requestId } = story;
  stories.set(requestId, { story, nameOf });
  let card = byId(`request-${requestId}`);
  if (!card) {
    card = element('article', {
      id: `request-${requestId}`,
      'aria-labelledby': `title-${requestId}`,
    });
    byId('stories').prepend(card);
    byId('no-requests').hidden = true;
  }
  render(requestId);
  look(requestId);
}

function look(requestId) {
  clearTimeout(timers.get(requestId));
  // Several things often happen at once; one question is enough.
  timers.set(
    requestId,
    setTimeout(async () => {
      const response = await fetch(`/api/requests/${requestId}`).catch(() => undefined);
      if (!response?.ok) return;
      const record = await response.json();
      const before = records.get(requestId)?.status;
      records.set(requestId, record);
      render(requestId);
      if (before !== record.status && FINAL.includes(record.status)) {
        announce(`Request ${requestId.slice(0, 8)}: ${record.status}`);
      }
      const isOver = FINAL.includes(record.status) && record.delivery?.status !== 'PENDING';
      if (!isOver) again(requestId);
    }, 150),
  );
}

function again(requestId) {
  clearTimeout(timers.get(requestId));
  timers.set(
    requestId,
    setTimeout(() => look(requestId), LOOK_AGAIN_MS),
  );
}

function render(requestId) {
  const { story, nameOf } = stories.get(requestId);
  const record = records.get(requestId);
  show(byId(`request-${requestId}`), { story, record }, () => [
    heading(story, record),
    people(story, record, nameOf),
    waiting(record),
    timeline(story),
    ...bodies(story, record),
  ]);
}

/** The result may be known here before the record has been read again. */
function statusOf({ event }, record) {
  if (FINAL.includes(record?.status)) return record.status;
  return event?.audit.status ?? record?.status ?? 'QUEUED';
}

function heading(story, record) {
  const { requestId } = story;
  const status = statusOf(story, record);
  const isRunning = !FINAL.includes(status);
  const cancel = element(
    'button',
    {
      type: 'button',
      id: `cancel-${requestId}`,
      'aria-label': `Cancel request ${requestId.slice(0, 8)}`,
    },
    'Cancel',
  );
  cancel.addEventListener('click', async () => {
    const response = await fetch(`/api/requests/${requestId}`, { method: 'DELETE' });
    announce(response.ok ? 'Cancelled' : 'Too late to cancel');
    look(requestId);
  });
  return element(
    'div',
    { className: 'heading' },
    element(
      'h3',
      { id: `title-${requestId}` },
      element('code', { title: requestId }, requestId.slice(0, 8)),
      ' ',
      element('span', { className: `badge ${status.toLowerCase()}` }, status),
      story.chapters.some(({ what }) => what === 'replayed')
        ? element('span', { className: 'badge replayed' }, 'REPLAYED')
        : undefined,
    ),
    isRunning && record ? cancel : undefined,
  );
}

/** One line a person: outcome, and whether they answered. */
function people(story, record, nameOf) {
  const isRead = !story.event || FINAL.includes(record?.status);
  const list = (isRead ? record?.participants : story.event.audit.participants) ?? [];
  if (list.length === 0) return element('p', { className: 'hint' }, 'No people named.');
  return element(
    'ul',
    { className: 'outcomes' },
    list.map((one) =>
      element(
        'li',
        {},
        element('strong', {}, nameOf(one.id ?? one.address)),
        ` ${[one.outcome?.toLowerCase().replaceAll('_', ' ') ?? 'waiting', one.connection, one.warning, one.code].filter(Boolean).join(', ')}`,
      ),
    ),
  );
}

function waiting(record) {
  if (!record?.waiting) return undefined;
  const { until, code, detail } = record.waiting;
  return element(
    'p',
    { className: 'hint' },
    `Waiting until ${clock(Date.parse(until))}: ${code}. ${detail}`,
  );
}

function timeline({ chapters, requestId }) {
  const startMs = chapters[0]?.atMs ?? 0;
  return element(
    'ol',
    { className: 'timeline', 'aria-label': `Timeline of request ${requestId.slice(0, 8)}` },
    chapters.map(({ atMs, what, text }) =>
      element(
        'li',
        { className: what.toLowerCase() },
        element(
          'time',
          { dateTime: new Date(atMs).toISOString(), title: new Date(atMs).toISOString() },
          atMs === startMs ? clock(atMs) : `+${sinceStart(atMs - startMs)}`,
        ),
        element('b', {}, what),
        element('span', {}, text),
      ),
    ),
  );
}

const sinceStart = (ms) => (ms < 10_000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

function bodies({ event, deliveries, requestId }, record) {
  const details = (name, title, ...content) =>
    element('details', { id: `${name}-${requestId}` }, element('summary', {}, title), ...content);
  return [
    event
      ? details('result', 'Result', block('Result', JSON.stringify(event, null, 2)))
      : undefined,
    ...deliveries.map((delivery, index) =>
      details(
        `delivery-${index}`,
        `Webhook at ${clock(delivery.atMs)}: ${delivery.verified ? 'signature verified' : 'signature not verified'}`,
        block(
          'Headers',
          Object.entries(delivery.headers)
            .map(([name, value]) => `${name}: ${value}`)
            .join('\n'),
        ),
        block('Body', pretty(delivery.body)),
      ),
    ),
    record
      ? details(
          'record',
          `GET /requests/${requestId.slice(0, 8)}…`,
          block('Record', JSON.stringify(record, null, 2)),
        )
      : undefined,
  ].filter(Boolean);
}
