// What is looked at, as it stands in the page's address.

const USUAL = { prefix: '', status: '', format: '', order: 'newest', image: '' };

export const read = () => ({ ...USUAL, ...Object.fromEntries(new URLSearchParams(location.search)) });

/** The address of a state; what is as usual is left out. */
export function href(state) {
	const given = new URLSearchParams(Object.entries(state).filter(([name, value]) => value !== USUAL[name]));
	return location.pathname + (given.size ? `?${given}` : '');
}

/** Put a state into the address. Of a picture that was opened, `history.state` tells; a replaced entry keeps its own. */
export function write(state, isReplaced) {
	const target = href(state);
	if (target === location.pathname + location.search) return;
	if (isReplaced) history.replaceState(history.state, '', target);
	else history.pushState(state.image && 'opened', '', target);
}

/** What a state asks of `GET /images`: with a prefix, the API sorts by name; what failed has no format. */
export function query({ prefix, status, format, order }) {
	return { prefix, status, format: status === 'failed' ? '' : format, order: prefix ? '' : order };
}
