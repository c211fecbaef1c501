import { byId } from './dom.js';
import { setUpForm } from './form.js';
import { showStory } from './requests.js';
import { setUpWorld, showWorld } from './world.js';

const setup = await (await fetch('/setup')).json();
setUpForm(setup);
setUpWorld(setup);

const names = new Map(setup.people.map(({ id, name }) => [id, name]));
const nameOf = (id) => names.get(id) ?? id;

const events = new EventSource('/events');
events.addEventListener('world', ({ data }) => showWorld(JSON.parse(data)));
events.addEventListener('story', ({ data }) => showStory(JSON.parse(data), nameOf));
events.addEventListener('open', () => say('Live', true));
events.addEventListener('error', () => say('Not connected. Is npm start still running?', false));

function say(text, isLive) {
  const connection = byId('connection');
  connection.textContent = text;
  connection.classList.toggle('live', isLive);
}
