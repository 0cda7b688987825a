// What is looked at, as it stands in the page's address.

const CHOICES = {
	status: ['', 'compressed', 'failed'],
	format: ['', 'jpeg', 'png', 'webp', 'gif', 'avif'],
	order: ['newest', 'oldest', 'name'],
};

/** @returns {{prefix: string, status: string, format: string, order: string, image: string}} */
export function read() {
	const given = new URLSearchParams(location.search);
	const image = given.get('image') ?? '';
	const state = { prefix: given.get('prefix') ?? '', image: /^[0-9a-f-]{36}$/.test(image) ? image : '' };
	for (const [name, allowed] of Object.entries(CHOICES)) {
		state[name] = allowed.includes(given.get(name)) ? given.get(name) : allowed[0];
	}
	return state;
}

/** The address of a state; what is as usual is left out. */
export function href(state) {
	const given = new URLSearchParams();
	for (const [name, value] of Object.entries(state)) {
		if (value && value !== CHOICES[name]?.[0]) given.set(name, value);
	}
	return location.pathname + (given.size ? `?${given}` : '');
}

/** Put a state into the address; `mark` is told by `history.state`, and a replaced entry keeps its own. */
export function write(state, { replace = false, mark = null } = {}) {
	const target = href(state);
	if (target === location.pathname + location.search) return;
	if (replace) history.replaceState(history.state, '', target);
	else history.pushState(mark, '', target);
}

/** What a state asks of `GET /images`: with a prefix, the API sorts by name; what failed has no format. */
export function query({ prefix, status, format, order }) {
	return { prefix, status, format: status === 'failed' ? '' : format, order: prefix ? '' : order };
}
