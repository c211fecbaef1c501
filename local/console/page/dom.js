/**
 * Makes an element. Properties that the element has are set, others become attributes; children that
 * are `undefined` are left out, and texts are texts: nothing is ever read as markup.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

/**
 * Replaces what is in a container, unless it shows the same already. The focus stays on the element
 * of the same id, and what was unfolded stays unfolded.
 */
export function show(container, data, render) {
  const text = JSON.stringify(data);
  if (container.dataset.shown === text) return;
  container.dataset.shown = text;
  const focused = container.contains(document.activeElement) ? document.activeElement.id : '';
  const open = new Set([...container.querySelectorAll('details[open][id]')].map(({ id }) => id));
  container.replaceChildren(...[render(data)].flat().filter((child) => child !== undefined));
  for (const id of open) {
    const details = byId(id);
    if (details) details.open = true;
  }
  if (focused) byId(focused)?.focus();
}

export const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour12: false });

export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A block of text that the keyboard can scroll. */
export const block = (label, text) =>
  element('pre', { tabIndex: 0, role: 'group', 'aria-label': label }, text);

/** Asks the console's own server. @throws Error where it does not respond with success */
export async function ask(path, input) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error((await response.json()).error);
  return response.json();
}

export function announce(text) {
  byId('announcer').textContent = text;
}
