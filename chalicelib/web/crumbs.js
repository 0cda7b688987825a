// Where the search is: the folders above it, and where new pictures go.

import { byId, el } from './dom.js';
import { refocus } from './focus.js';
import { href } from './state.js';

export function connect(page) {
	const place = byId('crumbs');

	function show() {
		const { prefix } = page.state;
		const names = page.folder().split('/').slice(0, -1);
		const folders = names.map((name, depth) => [name, `${names.slice(0, depth + 1).join('/')}/`]);
		const steps = [['All pictures', ''], ...folders].map(([name, folder]) => link(name, folder, folder === prefix));
		const rest = prefix.slice(page.folder().length);
		if (rest) steps.push(el('li', `${rest}…`));
		const hadFocus = place.contains(document.activeElement);
		const goes = page.folder() ? [el('small', `New pictures go into ${page.folder()}`)] : [];
		place.replaceChildren(el('ol.row', ...steps), ...goes);
		if (hadFocus) refocus();
	}

	function link(name, folder, isCurrent) {
		const visit = (event) => {
			if (event.ctrlKey || event.metaKey || event.shiftKey) return;
			event.preventDefault();
			page.go({ prefix: folder });
		};
		return el('li', el('a', { href: href({ ...page.state, prefix: folder, image: '' }), onclick: visit, 'aria-current': isCurrent && 'page' }, name));
	}

	return { show };
}
