// The gallery: ties the address, the list and the grid together, and loads the other parts when they are needed.

import * as api from './api.js';
import { announce, button, byId, el, icon, refocus, toast } from './dom.js';
import { bytes, count, number, saved } from './format.js';
import { connect as connectGrid } from './grid.js';
import { Library } from './library.js';
import * as selecting from './selection.js';
import * as session from './session.js';
import * as address from './state.js';

const TYPING_PAUSE = 250; // milliseconds
const MOTTO = ['Every picture, ', el('b', 'a little lighter'), '.'];

const list = byId('grid');
const form = byId('filters');
const picker = byId('files');
const instead = byId('notice');
const library = new Library();
const selection = new selecting.Selection(library);
const grid = connectGrid(list, (image) => address.href({ ...state, image }), selection);
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
	selection.clear();
	byId('again').hidden = state.status !== 'failed';
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
	byId('again').disabled = !records.length;
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
		if (!records.length) prepare();
	}
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

function more() {
	if (library.phase === 'ready') library.more();
}
let isWatched = false; // whether scrolling loads more
const end = new IntersectionObserver(([entry]) => {
	isWatched = true;
	if (entry.isIntersecting) more();
}, { rootMargin: '900px' });
byId('load-more').onclick = more;
byId('again').onclick = async () => (await bulk())?.againAll();
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

// --- What is loaded when it is needed

/** Return a function that loads a part of the page, once. It gives undefined if the part cannot be loaded now. */
function lazily(load) {
	let part = null;
	return async (isQuiet) => {
		part ??= load().then(({ connect }) => connect(page));
		try {
			return await part;
		} catch {
			part = null;
			if (!isQuiet) toast('This part of the page cannot be loaded now. Try again.', { isError: true });
		}
	};
}
const picture = lazily(() => import('./picture.js'));
const uploads = lazily(() => import('./adding.js'));
const bulk = lazily(() => import('./bulk.js'));
const page = { library, selection, grid, uploads, openPicture, leave, folder, more, get state() { return state; } };

/** Load the parts that people need most, once the first picture shows. */
function prepare() {
	picture(true);
	uploads(true);
}
list.addEventListener('load', prepare, { capture: true, once: true });

async function showPicture() {
	(await picture())?.show();
}

function openPicture(image, isReplaced) {
	become({ image }, isReplaced);
	showPicture();
}

function leave() {
	if (!state.image) return;
	state = { ...state, image: '' };
	if (history.state === 'opened') history.back();
	else address.write(state, true);
}

selecting.connect(list, selection, openPicture);
selection.addEventListener('change', () => selection.ids.size && bulk());

// --- Uploads

/** Uploads go into the folder that is looked at. */
function folder() {
	return state.prefix.slice(0, state.prefix.lastIndexOf('/') + 1);
}

async function add(files) {
	const copy = [...files]; // the event takes its list of files with it
	if (copy.length) (await uploads())?.add(copy);
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
if (state.image) showPicture();
