'use strict';

const POLL_MILLIS = 300;
const LATEST = 8;

const $ = (id) => document.getElementById(id);
let instances = [];
let rushing = false;

/** Makes an element. Text is always text: nothing that comes from the server is read as HTML. */
function element(name, properties = {}, ...children) {
	const made = Object.assign(document.createElement(name), properties);
	made.append(...children);
	return made;
}

function setText(node, text) {
	if (node.textContent !== String(text)) {
		node.textContent = text;
	}
}

/** Replaces the children, unless they are the same: what has the focus keeps it. */
function setChildren(node, key, make) {
	if (node.dataset.key !== key) {
		node.dataset.key = key;
		node.replaceChildren(...make());
	}
}

const seconds = (millis) => (millis / 1000).toFixed(1) + ' s';

const plural = (count, one, many) => count + ' ' + (count === 1 ? one : many);

const tone = (instance) => 'tone-' + (Math.max(0, instances.findIndex((other) => other.name === instance)) % 4);

const dot = (instance) => element('span', {
	className: 'dot ' + (instance.condition === 'OPEN' ? tone(instance.name) : 'away'),
	ariaHidden: 'true'
});

const named = (name) => dot(instances.find((instance) => instance.name === name) ?? { name });

function post(path, body) {
	return fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

const CONDITIONS = { OPEN: 'open', STOPPED: 'does not answer', DEAD: 'process is gone' };

const BACKENDS = { redis: 'Redis', zookeeper: 'ZooKeeper' };

function showInstances(state) {
	setChildren($('chips'), JSON.stringify(instances.map((i) => [i.name, i.condition])), () => instances.map((instance) =>
		element('li', {}, dot(instance), instance.name + (instance.condition === 'OPEN' ? '' : ': ' + CONDITIONS[instance.condition]),
			instance.name === state.self ? ' (this page)' : '')));
	const key = JSON.stringify([state.self, instances.map((i) => [i.name, i.pid, i.condition, i.databaseHost])]);
	setChildren($('instances').tBodies[0], key, () => instances.map((instance) => element('tr', {},
		element('td', {}, dot(instance), instance.name,
			instance.databaseHost ? element('span', { className: 'tag', title: 'The others reach the database through it' }, 'has the database') : ''),
		element('td', { className: 'mono' }, String(instance.pid)),
		element('td', { className: instance.condition }, CONDITIONS[instance.condition]),
		element('td', {}, element('button', {
			className: 'small', type: 'button', disabled: instance.condition !== 'OPEN',
			ariaLabel: 'Send a slow buyer to ' + instance.name,
			onclick: () => post('api/slow-buyer', { instance: instance.name })
		}, 'Send')),
		element('td', { className: 'commands' }, ...(instance.condition === 'DEAD' ? ['–'] : [
			element('code', {}, 'kill -9 ' + instance.pid),
			instance.databaseHost ? element('span', { className: 'hint' }, 'Stopping it would stop the database for all.')
				: element('code', {}, 'kill -STOP ' + instance.pid + '; sleep 12; kill -CONT ' + instance.pid)])))));
	const open = instances.filter((instance) => instance.condition === 'OPEN').length;
	$('alone').hidden = instances.length > 1;
	setText($('spread'), open > 1 ? 'They come to ' + open + ' instances at once.' : 'They all come to this one instance.');
}

function showOutcome(id, outcome) {
	const card = $(id);
	if (!outcome) {
		return false;
	}
	const running = outcome.counts.open > 0;
	const owners = new Map();
	outcome.tickets.forEach((ticket) => owners.set(ticket.seat, [...(owners.get(ticket.seat) ?? []), ticket]));
	const fields = {
		sold: outcome.sold, seats: outcome.concert.seats, oversold: outcome.oversold, soldTwice: outcome.soldTwice,
		refused: outcome.refused, millis: outcome.counts.millis ? seconds(outcome.counts.millis) : '–'
	};
	Object.entries(fields).forEach(([field, value]) => setText(card.querySelector('[data-field=' + field + ']'), value));

	const wrong = outcome.oversold > 0 || outcome.soldTwice > 0;
	card.classList.toggle('broken', wrong);
	card.classList.toggle('fine', !wrong && !running && outcome.sold > 0);
	card.dataset.concert = outcome.concert.id;
	card.dataset.running = running;
	setText(card.querySelector('.verdict'), verdict(outcome, running));

	const map = card.querySelector('.map');
	setChildren(map, String(outcome.concert.id), () => Array.from({ length: outcome.concert.seats }, () => element('span')));
	map.ariaLabel = owners.size + ' of ' + outcome.concert.seats + ' seats have an owner, ' + outcome.soldTwice + ' have several';
	Array.from(map.children).forEach((seat, index) => {
		const tickets = owners.get(index + 1) ?? [];
		seat.className = 'seat ' + (tickets.length > 1 ? 'twice' : tickets.length === 1 ? tone(tickets[0].instance) : '');
		setText(seat, tickets.length > 1 ? tickets.length : '');
		seat.title = 'Seat ' + (index + 1) + ': '
			+ (tickets.map((ticket) => ticket.buyer + ' from ' + ticket.instance).join(', ') || 'free');
	});
	return running;
}

function verdict(outcome, running) {
	if (outcome.oversold > 0) {
		return '✗ ' + plural(outcome.oversold, 'ticket', 'tickets') + ' too many';
	}
	if (outcome.soldTwice > 0) {
		return '✗ ' + plural(outcome.soldTwice, 'seat', 'seats') + ' sold twice';
	}
	if (running) {
		return 'Selling …';
	}
	return outcome.sold > 0 ? '✓ Every seat sold once' : 'Nobody has bought';
}

function showLegend() {
	const key = JSON.stringify(instances.map((instance) => instance.name));
	setChildren($('legend'), key, () => [
		...instances.map((instance) => element('span', {}, element('i', { className: 'seat ' + tone(instance.name) }), 'sold by ' + instance.name)),
		element('span', {}, element('i', { className: 'seat twice' }, '2'), 'sold to several people')]);
}

function showBackend(backend) {
	setText($('backend'), BACKENDS[backend] ?? backend);
	setText($('second'), backend === 'redis' ? '--server.port=8081' : '"--server.port=8081 --coordination.backend=' + backend + '"');
}

function showHeld(state) {
	const body = $('held').tBodies[0];
	if (state.held.length === 0) {
		setChildren(body, 'none', () => [element('tr', {}, element('td', { className: 'empty', colSpan: 6 }, 'Nobody holds a lock at the moment'))]);
		return;
	}
	setChildren(body, JSON.stringify(state.held.map((held) => [held.lock, held.instance])), () => state.held.map((held) => element('tr', {},
		element('td', { className: 'mono' }, held.lock), element('td', {}, named(held.instance), held.instance),
		element('td', { className: 'mono' }), element('td'),
		element('td', {}, element('span', { className: 'lease' }, element('i'), element('span'))), element('td'))));
	state.held.forEach((held, index) => {
		const cells = body.rows[index].cells;
		const lease = cells[4].firstChild;
		setText(cells[2], held.token);
		setText(cells[3], seconds(held.heldMillis));
		lease.className = 'lease ' + held.state;
		lease.firstChild.style.setProperty('--left', Math.min(100, held.remainingMillis / 50) + '%');
		setText(lease.lastChild, seconds(held.remainingMillis) + (held.state === 'HELD' ? '' : ', ' + held.state.toLowerCase()));
		setText(cells[5], held.waiting ? plural(held.waiting, 'caller', 'callers') + ' here' : '–');
	});
}

function showTickets(state) {
	const tickets = [...(state.locked?.tickets ?? []), ...(state.slow?.tickets ?? [])]
		.sort((one, other) => other.id - one.id)
		.slice(0, LATEST);
	setChildren($('tickets').tBodies[0], JSON.stringify(tickets.map((ticket) => ticket.id)), () => tickets.length === 0
		? [element('tr', {}, element('td', { className: 'empty', colSpan: 4 }, 'No ticket has been sold yet'))]
		: tickets.map((ticket) => element('tr', {},
			element('td', {}, String(ticket.seat)), element('td', {}, ticket.buyer),
			element('td', {}, named(ticket.instance), ticket.instance), element('td', { className: 'mono' }, ticket.token))));
}

function showNews(state) {
	setChildren($('news'), JSON.stringify(state.news.map((item) => [item.at, item.text])), () => state.news.length === 0
		? [element('li', {}, element('span', { className: 'from' }, 'Nothing yet'))]
		: state.news.map((item) => element('li', {},
			element('time', { dateTime: new Date(item.at).toISOString() }, new Date(item.at).toLocaleTimeString()),
			element('span', { className: item.kind }, element('span', { className: 'from' }, item.instance + ': '), item.text))));
}

function showProblem(text) {
	$('problem').hidden = !text;
	setText($('problem'), text);
}

async function poll() {
	try {
		const response = await fetch('api/state', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
		if (!response.ok) {
			throw new Error(response.status);
		}
		const state = await response.json();
		instances = state.instances;
		showInstances(state);
		const lockedRuns = showOutcome('locked', state.locked);
		const unlockedRuns = showOutcome('unlocked', state.unlocked);
		rushing = lockedRuns || unlockedRuns;
		showLegend();
		showBackend(state.backend);
		showHeld(state);
		showTickets(state);
		showNews(state);
		showProblem(state.differentStores
			? 'The instances keep their locks in different places, so nothing keeps them apart. Start them with the same options, but for --server.port.' : '');
	}
	catch (error) {
		showProblem('The instance behind this page does not answer. Is it stopped, killed, or starting again?');
	}
	$('start').disabled = rushing;
	setTimeout(poll, POLL_MILLIS);
}

$('rush').addEventListener('submit', async (event) => {
	event.preventDefault();
	$('start').disabled = rushing = true;
	const response = await post('api/rush', { buyers: $('buyers').valueAsNumber, seats: $('seats').valueAsNumber }).catch(() => null);
	if (!response?.ok) {
		showProblem('The rush could not be started.');
	}
});

$('late').addEventListener('click', async () => {
	const response = await post('api/late-sale', {}).catch(() => null);
	setText($('late-answer'), response?.ok ? (await response.json()).answer : 'The instance behind this page does not answer.');
});

poll();
