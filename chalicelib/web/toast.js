// What is said to people in passing.

import { bare } from './controls.js';
import { byId, el } from './dom.js';
import { refocus } from './focus.js';

const SECONDS = 8;

/** Say something for some seconds, within the dialog that is open; `action` is a button. @returns a function that takes it away. */
export function toast(text, { action = null, isError = false, seconds = SECONDS } = {}) {
	const place = document.querySelector('dialog[open] .toasts') ?? byId('toasts');
	const note = el(isError ? 'div.toast.bad' : 'div.toast', el('span', text), action);
	const dismiss = () => {
		const hadFocus = note.contains(document.activeElement);
		note.remove();
		if (hadFocus) refocus();
	};
	note.append(bare('Dismiss', 'close', dismiss));
	place.append(note);
	setTimeout(dismiss, seconds * 1000);
	return dismiss;
}
