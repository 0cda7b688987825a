// What is said in place of a list that is empty or cannot be loaded.

import { button, icon } from './controls.js';
import { byId, el } from './dom.js';
import { refocus } from './focus.js';

export function connect(page) {
	const { library } = page;
	const place = byId('notice');

	function show() {
		const { records, phase, error } = library;
		const isEmpty = phase === 'complete' && !records.length;
		const hadFocus = place.contains(document.activeElement);
		place.hidden = !isEmpty && phase !== 'error';
		place.replaceChildren(...(isEmpty ? nothing() : phase === 'error' ? trouble(error) : []));
		if (hadFocus) refocus();
	}
	const notice = (glyph, title, text, label, act) => [icon(glyph), el('h2', title), el('p', text), button(label, null, act, { kind: '.primary' })];

	function trouble({ status, message }) {
		if (status === 401) return notice('key', 'This gallery is private', 'It opens with the API’s token.', 'Enter a token', page.open);
		return notice('alert', 'The pictures cannot be listed', message, 'Try again', () => page.library.more());
	}

	function nothing() {
		const { prefix, status, format } = page.state;
		if (prefix || status || format) {
			const clear = () => page.go({ prefix: '', status: '', format: '' });
			return notice('image', 'Nothing matches', 'No picture is like that.', 'Show all pictures', clear);
		}
		const text = 'Drop some here, paste one, or pick them.';
		return notice('image', 'No pictures yet', text, 'Pick pictures', () => byId('files').click());
	}

	library.addEventListener('change', show);
	show();
}
