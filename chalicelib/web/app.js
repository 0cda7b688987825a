// The gallery: ties the address, the list, the grid, the uploads and the viewer together.

import * as api from './api.js';
import { announce, button, byId, el, icon, refocus, toast } from './dom.js';
import { bytes, count, number, saved } from './format.js';
import { connect as connectGrid } from './grid.js';
import { Library } from './library.js';
import * as session from './session.js';
import * as address from './state.js';
import * as tray from './tray.js';
import { Uploads } from './uploads.js';
import * as large from './viewer.js';

const TYPING_PAUSE = 250; // milliseconds
const MOTTO = ['Every picture, ', el('b', 'a little lighter'), '.'];

const list = byId('grid');
const form = byId('filters');
const picker = byId('files');
const instead = byId('notice');
const library = new Library();
const uploads = new Uploads(Number(document.body.dataset.maxBytes));
const grid = connectGrid(list, (image) => address.href({ ...state, image }));
const viewer = large.connect(byId('viewer'), { move, canMove: neighbour, closed, changed: (record) => library.put(record), deleted });
let state = address.read();

// --- What is looked at

function become(change, isReplaced) {
	state = { ...state, ...change };
	address.write(state, isReplaced);
}

function go(change, isReplaced) {
	become(change, isReplaced);
	open();
}

function open() {
	const { prefix, status, format, order } = form.elements;
	prefix.value = state.prefix;
	status.value = state.status;
	format.value = address.query(state).format;
	format.disabled = state.status === 'failed'; // a failed image has no format
	order.value = state.prefix ? 'name' : state.order;
	order.disabled = Boolean(state.prefix); // the API lists a prefix by name
	scrollTo(0, Math.min(scrollY, document.querySelector('header').offsetHeight)); // to where the list starts
	library.open(state);
}

let typing = 0;
form.oninput = ({ target: { name, value } }) => {
	clearTimeout(typing);
	const isTyped = name === 'prefix';
	const prefix = form.elements.prefix.value; // whatever is chosen while it is typed
	typing = setTimeout(() => go({ prefix, [name]: value }, isTyped && state.prefix), isTyped ? TYPING_PAUSE : 0);
};
form.onsubmit = (event) => event.preventDefault();
onpopstate = () => {
	const before = address.href({ ...state, image: '' });
	state = address.read();
	if (address.href({ ...state, image: '' }) !== before) open();
	showPicture();
};

// --- The list

library.addEventListener('change', () => {
	const { records, phase } = library;
	grid.show(records, phase);
	const isEmpty = phase === 'complete' && !records.length;
	const hadFocus = instead.contains(document.activeElement);
	instead.hidden = !isEmpty && phase !== 'error';
	instead.replaceChildren(...(isEmpty ? nothing() : phase === 'error' ? trouble(library.error) : []));
	if (hadFocus) refocus();
	byId('load-more').hidden = isWatched || phase !== 'ready';
	byId('forget').hidden = !session.token();
	if (phase === 'complete' || phase === 'ready') {
		announce(count(records.length, 'picture') + (phase === 'ready' ? ' so far' : ''));
		refreshTotals();
	}
	viewer.refresh();
	// An observer reports only changes, and a short page changes nothing: so it starts again.
	end.unobserve(byId('more'));
	end.observe(byId('more'));
});

const notice = (glyph, title, text, label, act) => [icon(glyph), el('h2', title), el('p', text), button(label, null, act, { kind: '.primary' })];

function trouble({ status, message }) {
	if (status === 401) return notice('key', 'This gallery is private', 'It opens with the API’s token.', 'Enter a token', open);
	return notice('alert', 'The pictures cannot be listed', message, 'Try again', () => library.more());
}

function nothing() {
	const { prefix, status, format } = state;
	if (prefix || status || format) {
		const clear = () => go({ prefix: '', status: '', format: '' });
		return notice('image', 'Nothing matches', 'No picture is like that.', 'Show all pictures', clear);
	}
	const text = 'Drop some here, paste one, or pick them.';
	return notice('image', 'No pictures yet', text, 'Pick pictures', () => picker.click());
}

const more = () => library.phase === 'ready' && library.more();
let isWatched = false; // whether scrolling loads more
const end = new IntersectionObserver(([entry]) => {
	isWatched = true;
	if (entry.isIntersecting) more();
}, { rootMargin: '900px' });
byId('load-more').onclick = more;
library.addEventListener('barren', () => announce('Still looking …'));

let totalling = 0;
function refreshTotals() {
	clearTimeout(totalling);
	totalling = setTimeout(() => api.stats().then(showTotals, missTotals), 150);
}

/** Without totals, keep the last ones; before there are any, say so in place of an empty headline. */
function missTotals() {
	if (byId('totals').textContent.trim()) return;
	byId('totals').replaceChildren(...MOTTO);
	byId('aside').textContent = 'The totals are not available now';
}

function showTotals({ images, failures, bytesBefore, bytesAfter }) {
	const sentence = images
		? [count(images, 'picture'), ': ', bytes(bytesBefore), ' pressed into ', el('b', bytes(bytesAfter)), '.']
		: MOTTO;
	byId('totals').replaceChildren(...sentence);
	byId('aside').textContent = images ? `${saved(bytesBefore, bytesAfter)}% saved` : 'Upload, and see what is saved';
	byId('failures').hidden = !failures;
	byId('failures').textContent = `${number(failures)} failed`;
}
byId('failures').onclick = () => go({ status: 'failed' });

// --- One picture in large

list.onclick = (event) => {
	const card = event.target.closest('[data-id]');
	if (!card || event.metaKey || event.ctrlKey || event.shiftKey) return;
	event.preventDefault();
	openPicture(card.dataset.id);
};

function openPicture(image, isReplaced) {
	become({ image }, isReplaced);
	showPicture();
}

async function showPicture() {
	const { image } = state;
	if (!image) return viewer.hide();
	try {
		const record = library.get(image) ?? (await api.image(image));
		if (state.image === image) viewer.show(record);
	} catch (error) {
		const isGone = error.status === 404;
		toast(isGone ? 'This picture is not there any more.' : error.message, { isError: true });
		if (state.image === image) leave();
		if (isGone) deleted(image);
	}
}

function neighbour(step) {
	const at = library.records.findIndex((record) => record.imageId === state.image);
	return at < 0 ? undefined : library.records[at + step];
}

function move(step) {
	openPicture(neighbour(step).imageId, true);
	if (!neighbour(3)) more();
}

function deleted(id) {
	if (state.image === id) { // else, another has been opened meanwhile
		const step = [1, -1].find(neighbour);
		if (step) move(step);
		else viewer.hide();
	}
	library.remove(id);
	uploads.forget(id);
}

function closed() {
	const last = state.image;
	if (!last) return;
	leave();
	if (!grid.focus(last)) refocus();
}

function leave() {
	state = { ...state, image: '' };
	if (history.state === 'opened') history.back();
	else address.write(state, true);
}

// --- Uploads

tray.connect(byId('tray'), uploads, openPicture);
uploads.addEventListener('change', ({ detail }) => detail?.record && library.put(detail.record));
onbeforeunload = (event) => {
	if (uploads.active.some((upload) => upload.state !== 'queued')) event.preventDefault();
};

/** Uploads go into the folder that is looked at. */
const folder = () => (state.prefix.endsWith('/') ? state.prefix : '');
function add(files) {
	const before = uploads.all.length;
	uploads.add(files, folder());
	uploads.all[before]?.row.scrollIntoView(); // the tray may have more rows than it shows
}

byId('add').onclick = () => picker.click();
picker.onchange = () => {
	add(picker.files);
	picker.value = '';
};
document.onpaste = ({ target, clipboardData }) => target.matches?.('input') || add(clipboardData.files);

function dragging(event, isOver) {
	if (!event.dataTransfer.types.includes('Files')) return;
	event.preventDefault();
	byId('drop').hidden = !isOver;
	byId('drop-folder').textContent = folder() && ` into ${folder()}`;
}
ondragstart = () => false; // or the page's own pictures could be dropped onto it
ondragenter = ondragover = (event) => dragging(event, true);
ondragleave = (event) => dragging(event, event.relatedTarget); // none, where it leaves the page
ondrop = (event) => {
	dragging(event, false);
	add(event.dataTransfer.files);
};

// --- The connection and the token

ononline = onoffline = () => {
	byId('offline').hidden = navigator.onLine;
	if (navigator.onLine && library.phase === 'error') library.more();
};
ononline();

byId('forget').onclick = () => {
	session.forget();
	location.assign(location.pathname);
};

for (const place of document.querySelectorAll('[data-icon]')) place.append(icon(place.dataset.icon));
open();
showPicture();
