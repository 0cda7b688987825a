// What is looked at, as it stands in the page's address.

const USUAL = { prefix: '', status: '', format: '', order: 'newest', image: '' };

export const read = () => ({ ...USUAL, ...Object.fromEntries(new URLSearchParams(location.search)) });

/** The address of a state; what is as usual is left out. */
export function href(state) {
	const given = new URLSearchParams(Object.entries(state).filter(([name, value]) => value !== USUAL[name]));
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
