import { announce, block, byId, element, pretty } from './dom.js';

/** Shown first; the rest is a click away. */
const FIRST_PEOPLE = ['hana', 'ivo', 'jun', 'ada', 'dov'];
const OTHER = 'other';

export function setUpForm({ apiUrl, people, isStandIn }) {
  const form = byId('form');
  const conversation = byId('conversation');
  if (isStandIn) {
    conversation.append(
      element(
        'option',
        { value: 'b0a7ca11-0000-4000-8000-000000000001' },
        'the platform call (…0001)',
      ),
      element(
        'option',
        { value: 'b0a7ca11-0000-4000-8000-000000000002' },
        'the generic conversation (…0002)',
      ),
    );
  }
  conversation.append(element('option', { value: OTHER }, 'another one …'));
  const first = FIRST_PEOPLE.flatMap((name) => people.filter((person) => person.name === name));
  byId('people').append(...first.map(choice));
  byId('other-people').append(...people.filter((one) => !first.includes(one)).map(choice));
  byId('more-people').hidden = people.length === 0;
  const curl = block('curl line', '');
  curl.id = 'curl';
  byId('curl-place').append(curl);
  newKey();

  form.addEventListener('input', update);
  byId('new-key').addEventListener('click', () => {
    newKey();
    update();
    announce('A new idempotency key');
  });
  byId('copy').addEventListener('click', async () => {
    await navigator.clipboard?.writeText(byId('curl').textContent);
    announce('Copied');
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send().catch((error) => announce(error.message));
  });
  update();

  function update() {
    const isOther = conversation.value === OTHER;
    byId('conversation-id').hidden = !isOther;
    byId('conversation-id-label').hidden = !isOther;
    byId('curl').textContent = toCurl(apiUrl, read());
  }
}

function choice({ id, name, note }) {
  const box = element('input', { type: 'checkbox', name: 'person', value: id });
  box.checked = name === 'hana' || name === 'ivo';
  return element('label', {}, box, ` ${name}`, note ? element('small', {}, ` ${note}`) : undefined);
}

function newKey() {
  byId('key').value = `try-${crypto.randomUUID().slice(0, 8)}`;
}

const words = (text) => text.split(/[\s,]+/).filter(Boolean);

/** The request that the form stands for. */
function read() {
  const role = byId('role').value;
  const chosen = [...document.querySelectorAll('input[name="person"]:checked')];
  const ids = [...chosen.map(({ value }) => value), ...words(byId('ids').value)];
  const addresses = words(byId('addresses').value);
  const conversation = byId('conversation').value;
  const deadline = byId('deadline').value;
  return {
    conversationId: conversation === OTHER ? byId('conversation-id').value.trim() : conversation,
    key: byId('key').value,
    body: {
      participants: [
        ...ids.map((id) => (role === 'agent' ? { id } : { id, role })),
        ...addresses.map((address) => ({ address, role: 'customer' })),
      ],
      ...(deadline === '' ? {} : { deadlineSeconds: Number(deadline) }),
      ...(byId('dry-run').checked ? { dryRun: true } : {}),
      ...(byId('only-if-reachable').checked ? { onlyIfReachable: true } : {}),
    },
  };
}

const pathOf = ({ conversationId }) =>
  `/conversations/${encodeURIComponent(conversationId)}/participants`;

function toCurl(apiUrl, request) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  return [
    `curl -i ${quote(apiUrl + pathOf(request))}`,
    `  -H 'content-type: application/json'`,
    ...(request.key ? [`  -H ${quote(`idempotency-key: ${request.key}`)}`] : []),
    `  -d ${quote(JSON.stringify(request.body))}`,
  ].join(' \\\n');
}

async function send() {
  const request = read();
  const place = byId('answer');
  place.hidden = false;
  place.className = '';
  place.replaceChildren(element('p', {}, 'Sending …'));
  const response = await fetch(`/api${pathOf(request)}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(request.key ? { 'idempotency-key': request.key } : {}),
    },
    body: JSON.stringify(request.body),
  }).catch((error) => error);
  if (response instanceof Error) {
    place.className = 'bad';
    place.replaceChildren(element('p', {}, `No response: ${response.message}`));
    return;
  }
  const text = await response.text();
  place.className = response.ok ? 'good' : 'bad';
  const replayed = response.headers.get('idempotency-replayed') === 'true';
  place.replaceChildren(
    element('p', {}, summary(response.status, text, replayed)),
    element(
      'details',
      {},
      element('summary', {}, 'Response body'),
      block('Response body', pretty(text)),
    ),
  );
}

function summary(status, text, replayed) {
  let document = {};
  try {
    document = JSON.parse(text);
  } catch {
    // A gateway's page: the status says enough.
  }
  if (status < 300) {
    const id = String(document.requestId).slice(0, 8);
    return replayed
      ? `${status}: replayed. Request ${id} exists already and is not carried out again.`
      : `${status}: accepted as request ${id}.`;
  }
  const fields = (document.errors ?? []).map(
    ({ pointer, header, detail }) => `${header ?? pointer} ${detail}`,
  );
  return [`${status}: ${document.title ?? 'refused'}`, ...fields].join('; ');
}
