// Buttons, icons, and whom keys are for.

import { el } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
const ICONS = {
	alert: 'M12 4 2.5 20.5h19zm0 6.5v4m0 3v.01',
	back: 'm15 5-7 7 7 7',
	close: 'M6 6l12 12M18 6 6 18',
	down: 'm6 9.5 6 6 6-6',
	download: 'M12 4v11m-5-4.5 5 5 5-5M5 20h14',
	handle: 'm9 7-5 5 5 5M15 7l5 5-5 5',
	image: 'M4 5h16v14H4zm0 11 5-5 4 4 2.5-2.5L20 17M15.5 9v.01',
	keyboard: 'M3 6h18v12H3zm3.5 4v.01m3.7-.01v.01m3.6-.01v.01m3.7-.01v.01M8 14.5h8',
	key: 'M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm4-4h9v4m-4-4v3',
	link: 'M9 7H8a5 5 0 0 0 0 10h1m6 0h1a5 5 0 0 0 0-10h-1m-7 5h8',
	next: 'm9 5 7 7-7 7',
	redo: 'M20 11a8 8 0 1 0-2.3 6.2M20 5v6h-6',
	theme: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 0v18m3-17v16m3-13.5v11',
	trash: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5.5m4-5.5v5.5',
	upload: 'M12 16V5m-5 4.5 5-5 5 5M5 20h14',
};

export function icon(name) {
	const svg = document.createElementNS(SVG, 'svg');
	const path = document.createElementNS(SVG, 'path');
	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('class', 'icon');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', ICONS[name]);
	svg.append(path);
	return svg;
}

export function button(label, glyph, onclick, { kind = '', ...attributes } = {}) {
	return el(`button${kind}`, { type: 'button', onclick, ...attributes }, glyph && icon(glyph), el('span.label', label));
}

export const bare = (label, glyph, onclick, attributes) => button(label, glyph, onclick, { kind: '.bare', ...attributes });

/** Draw the icons that the page's own markup names. */
export function fillIcons() {
	for (const place of document.querySelectorAll('[data-icon]')) place.append(icon(place.dataset.icon));
}

/** Whether a key is for a field or an open dialog, not for the page. */
export const isForOthers = (event) => event.target.matches('input:not(.check), select') || document.querySelector('dialog[open]');
