// Elements, icons, and what is said to people in passing.

const SVG = 'http://www.w3.org/2000/svg';
const TOAST_SECONDS = 8;
const ICONS = {
	alert: 'M12 4 2.5 20.5h19zm0 6.5v4m0 3v.01',
	back: 'm15 5-7 7 7 7',
	close: 'M6 6l12 12M18 6 6 18',
	down: 'm6 9.5 6 6 6-6',
	download: 'M12 4v11m-5-4.5 5 5 5-5M5 20h14',
	handle: 'm9 7-5 5 5 5M15 7l5 5-5 5',
	image: 'M4 5h16v14H4zm0 11 5-5 4 4 2.5-2.5L20 17M15.5 9v.01',
	key: 'M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm4-4h9v4m-4-4v3',
	link: 'M9 7H8a5 5 0 0 0 0 10h1m6 0h1a5 5 0 0 0 0-10h-1m-7 5h8',
	next: 'm9 5 7 7-7 7',
	redo: 'M20 11a8 8 0 1 0-2.3 6.2M20 5v6h-6',
	trash: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5.5m4-5.5v5.5',
	upload: 'M12 16V5m-5 4.5 5-5 5 5M5 20h14',
};

export const byId = (id) => document.getElementById(id);
export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Look again and again, ever more seldom, until something is found; undefined if nothing is in time. */
export async function eventually(look, seconds = Infinity) {
	const end = Date.now() + seconds * 1000;
	for (let pause = 600; Date.now() < end; pause = Math.min(pause * 1.3, 10_000)) {
		await wait(pause);
		const found = await look();
		if (found) return found;
	}
}

/** Make an element: el('p.bad', {id: 'why'}, 'No.'). Of its attributes, functions are listeners, true needs no value, and false is left out. */
export function el(kind, ...children) {
	const [tag, ...classes] = kind.split('.');
	const element = document.createElement(tag);
	if (classes.length) element.className = classes.join(' ');
	const isPlain = children[0]?.constructor === Object;
	for (const [name, value] of Object.entries(isPlain ? children.shift() : {})) {
		if (typeof value === 'function') element.addEventListener(name.slice(2), value);
		else if (value !== false) element.setAttribute(name, value === true ? '' : value);
	}
	element.append(...children.flat().filter(Boolean));
	return element;
}

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

/** Paint the colour and the tiny placeholder until a picture has loaded. */
export function paint(element, { placeholder, dominantColor }) {
	element.style.background = `${dominantColor} center / 100% 100% url("${placeholder}")`;
	element.addEventListener('load', () => element.style.removeProperty('background'), { capture: true, once: true });
}

/** Give the focus, where what had it goes, to a successor, or else to the name of the open picture or to the list. */
export function refocus(successor) {
	const place = successor ?? document.querySelector('.viewer[open] h2') ?? document.querySelector('main');
	place.focus({ preventScroll: !successor });
}

export const announce = (text) => (byId('live').textContent = text);

/** Say something for some seconds, within the dialog that is open; `action` is a button. @returns the message's element. */
export function toast(text, { action = null, isError = false, seconds = TOAST_SECONDS } = {}) {
	const place = document.querySelector('dialog[open] .toasts') ?? byId('toasts');
	const note = el(isError ? 'div.toast.bad' : 'div.toast', el('span', text), action);
	note.append(bare('Dismiss', 'close', () => note.remove()));
	place.append(note);
	setTimeout(() => note.remove(), seconds * 1000);
	return note;
}

let sheet = null;

/** Load the styles of what is opened over the list, once. */
export function panelStyles() {
	sheet ??= new Promise((resolve) => {
		document.head.append(el('link', { rel: 'stylesheet', href: new URL('panels.css', import.meta.url), onload: resolve }));
	});
	return sheet;
}
