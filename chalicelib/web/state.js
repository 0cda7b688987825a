// The view of the page, as its address has it.

const USUAL = { prefix: '', status: '', format: '', order: 'newest', period: '', image: '' };

export const read = () => ({ ...USUAL, ...Object.fromEntries(new URLSearchParams(location.search)) });

/** The address of a state; what is as usual is left out. */
export function href(state) {
	const given = new URLSearchParams(Object.entries(state).filter(([name, value]) => value !== USUAL[name]));
	return location.pathname + (given.size ? `?${given}` : '');
}

/** Put a state into the address. `history.state` says which picture was opened; a replaced entry keeps its own. */
export function write(state, isReplaced) {
	const target = href(state);
	if (target === location.pathname + location.search) return;
	if (isReplaced) history.replaceState(history.state, '', target);
	else history.pushState(state.image && 'opened', '', target);
}

/** The query for `GET /images`: text with a slash is a prefix, other text begins a file name. The API sorts both by name. */
export function query({ prefix, status, format, order, period }) {
	const sought = { status, format: status === 'failed' ? '' : format, order: prefix ? '' : order };
	sought[prefix.includes('/') ? 'prefix' : 'name'] = prefix;
	const [, year, month, day] = period.match(/^(\d{4})-(\d\d)(?:-(\d\d))?$/) ?? [];
	if (!year) return sought;
	const dayAt = (...at) => new Date(Date.UTC(...at)).toISOString().slice(0, 10);
	const until = day ? dayAt(year, month - 1, +day + 1) : dayAt(year, month);
	return { ...sought, since: dayAt(year, month - 1, day ?? 1), until };
}
