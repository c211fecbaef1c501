import { announce, ask, block, byId, clock, element, pretty, show } from './dom.js';

const PICK_UPS = [
  ['answer', 'answer after two seconds'],
  ['decline', 'decline'],
  ['ignore', 'do not answer'],
  ['voicemail', 'are sent to voicemail'],
];
const TROUBLES = [
  ['none', 'works'],
  ['busy', 'responds with 429, retry after 5 s'],
  ['outage', 'is down (503)'],
  ['slow', 'is slow (3 s a call)'],
  ['lost-response', 'rings people, then loses the response of one add'],
];
const PRESENCES = { in: 'in', ringing: 'ringing', monitoring: 'only monitors', left: 'left' };

export function setUpWorld({ isStandIn }) {
  byId('switch-section').hidden = !isStandIn;
  byId('gauge-section').hidden = !isStandIn;
  if (!isStandIn) {
    byId('rosters').append(element('p', { className: 'hint' }, 'A real Genesys Cloud is used.'));
    return;
  }
  setUpRadios('pick-up', 'pickUp', PICK_UPS);
  setUpRadios('trouble', 'trouble', TROUBLES);
}

function setUpRadios(id, name, choices) {
  byId(id).append(
    ...choices.map(([value, text]) => {
      const radio = element('input', { type: 'radio', name, value });
      radio.addEventListener('change', () => ask('/switches', { [name]: value }));
      return element('label', {}, radio, ` ${text}`);
    }),
  );
}

export function showWorld({ rosters, gauges, switches, queues, letters }) {
  if (rosters.length > 0) show(byId('rosters'), rosters, (all) => all.map(roster));
  if (gauges) show(byId('gauges'), gauges, gaugeList);
  for (const [name, value] of Object.entries(switches ?? {})) {
    const radio = document.querySelector(`input[name="${name}"][value="${value}"]`);
    if (radio && !radio.checked) radio.checked = true;
  }
  show(byId('queues'), queues, queueTable);
  show(byId('letters'), letters, (all) =>
    all.length === 0 ? [element('p', { className: 'hint' }, 'None.')] : all.map(letter),
  );
}

function roster({ conversationId, name, people }) {
  const isIn = ({ presence }) => presence !== 'left';
  return element(
    'article',
    { 'aria-label': name },
    element('h3', {}, name, element('small', {}, ` ${people.filter(isIn).length} in`)),
    element('code', { className: 'hint' }, conversationId),
    element(
      'ul',
      { className: 'people' },
      people.map((person) => personLine(conversationId, person)),
    ),
  );
}

function personLine(conversationId, { who, name, purpose, presence, rings }) {
  const hangUp = element(
    'button',
    {
      type: 'button',
      id: `hang-up-${conversationId}-${who}`,
      'aria-label': `Let ${name} leave`,
    },
    'Leave',
  );
  hangUp.addEventListener('click', () => ask('/hang-up', { conversationId, who }));
  return element(
    'li',
    { className: presence },
    element('span', { className: 'dot', 'aria-hidden': 'true' }),
    element(
      'span',
      { className: 'grow' },
      element('strong', {}, name),
      ` ${PRESENCES[presence]}`,
      element(
        'small',
        {},
        ` ${purpose}${rings > 0 ? `, rung ${rings === 1 ? 'once' : `${rings} times`}` : ''}`,
      ),
    ),
    presence === 'left' ? undefined : hangUp,
  );
}

function gaugeList({ token, rate }) {
  const minutes = Math.floor(token.secondsLeft / 60);
  const left = minutes > 120 ? `${Math.floor(minutes / 60)} h` : `${minutes} min`;
  return [
    gauge(
      'Token',
      token.secondsLeft > 0 ? `valid for ${left}, ${token.issued} issued` : 'none yet',
      token.secondsLeft,
      token.lifetimeSeconds,
    ),
    gauge(
      'Calls in the last minute',
      `${rate.calls} of ${rate.allowed}${rate.refused > 0 ? `, ${rate.refused} refused with 429` : ''}`,
      rate.calls,
      rate.allowed,
    ),
  ];
}

function gauge(title, text, value, max) {
  const id = `gauge-${title.toLowerCase().replaceAll(' ', '-')}`;
  return element(
    'div',
    { className: 'gauge' },
    element('span', { id }, title),
    element('span', { className: 'hint' }, text),
    element('progress', { value, max, 'aria-labelledby': id }),
  );
}

function queueTable(queues) {
  const cell = (text) => element('td', {}, String(text));
  return element(
    'table',
    {},
    element('caption', { className: 'unseen' }, 'Messages in each queue'),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...['Queue', 'Waiting', 'In flight'].map((title) => element('th', { scope: 'col' }, title)),
      ),
    ),
    element(
      'tbody',
      {},
      queues.map(({ id, name, ready, inFlight }) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row', title: name }, words(id)),
          cell(ready),
          cell(inFlight),
        ),
      ),
    ),
  );
}

/** `RequestDeadLetterQueue` → `Request dead letter` */
const words = (id) => {
  const text = id.replace(/Queue$/, '').replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ');
  return text.charAt(0) + text.slice(1).toLowerCase();
};

function letter({ id, queue, reason, detail, remedy, requestId, sentAtMs, body }) {
  const short = id.slice(0, 8);
  const act = (action, title, done) => {
    const button = element(
      'button',
      { type: 'button', id: `${action}-${id}`, 'aria-label': `${title} ${short}` },
      title,
    );
    button.addEventListener('click', async () => {
      button.disabled = true;
      const { found, kind, why } = await ask(`/${action}`, { id });
      const effect = kind === 'leave' ? 'Left:' : kind === 'remove' ? 'Removed:' : done;
      const text = found ? `${effect} ${short}` : `${short} could not be received`;
      announce(why ? `${text}: ${why}` : text);
      button.disabled = false;
    });
    return button;
  };
  return element(
    'article',
    { 'aria-label': `Dead letter ${short}` },
    element(
      'p',
      {},
      element('strong', {}, reason),
      ` ${queue}, ${clock(sentAtMs)}${requestId ? `, request ${requestId.slice(0, 8)}` : ''}`,
    ),
    detail ? element('p', {}, detail) : undefined,
    remedy ? element('p', { className: 'hint' }, remedy) : undefined,
    element(
      'details',
      { id: `letter-${id}` },
      element('summary', {}, 'Body'),
      block('Body', pretty(body)),
    ),
    act('redrive', 'Redrive', 'Sent again:'),
    ' ',
    act('discard', 'Discard', 'Discarded:'),
  );
}
