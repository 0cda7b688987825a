// The help on keys.

import { button } from './controls.js';
import { el } from './dom.js';

const KEYS = {
	'?': 'Open this help',
	'/': 'Search',
	'Arrow keys, Home, End': 'Move among the pictures',
	Enter: 'Open a picture',
	'← and →': 'Previous and next, in an open picture',
	'+, − and 0': 'Zoom in, out and back, in an open picture',
	Space: 'Select a picture',
	'Shift + Space, Shift + click': 'Select all up to a picture',
	'Ctrl + A': 'Select all that are listed',
	Escape: 'Close a picture, or clear the selection',
};

export function show() {
	const rows = Object.entries(KEYS).map(([key, use]) => el('div', el('dt', key), el('dd', use)));
	const close = button('Close', null, () => dialog.close(), { autofocus: true });
	const dialog = el('dialog.ask', { 'aria-labelledby': 'help-title', onclose: () => dialog.remove() }, el('h2', { id: 'help-title' }, 'Keyboard'), el('dl', ...rows), el('div.row', close));
	document.body.append(dialog);
	dialog.showModal();
}
