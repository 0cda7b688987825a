// The gallery: ties address, list and grid together, and loads the other parts when they are needed.

import { announce, byId } from './dom.js';
import { count, folderOf } from './format.js';
import { connect as connectGrid } from './grid.js';
import { Library } from './library.js';
import * as selecting from './selection.js';
import * as session from './session.js';
import * as address from './state.js';

const TYPING_PAUSE = 250; // milliseconds
const LONGEST_WAIT = 4_000; // for the first picture

const list = byId('grid');
const form = byId('filters');
const picker = byId('files');
const library = new Library();
const selection = new selecting.Selection(library);
const prepared = Promise.withResolvers();
const grid = connectGrid(list, { hrefOf: (image) => address.href({ ...state, image }), folder, selection, prepared: prepared.promise });
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
	order.disabled = Boolean(state.prefix); // the API lists what is found by name
	scrollTo(0, Math.min(scrollY, document.querySelector('header').offsetHeight)); // to where the list starts
	selection.clear();
	byId('again').hidden = state.status !== 'failed';
	byId('crumbs').hidden = !state.prefix;
	byId('above').hidden = !state.prefix && byId('again').hidden;
	if (state.prefix) prepared.promise.then(() => part('crumbs')).then((crumbs) => crumbs?.show());
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

library.addEventListener('change', () => {
	const { records, phase } = library;
	grid.show(records, phase);
	byId('again').disabled = !records.length;
	if (phase === 'error') prepare();
	if (phase === 'error' || (phase === 'complete' && !records.length)) part('notices');
	byId('load-more').hidden = isWatched || phase !== 'ready';
	byId('forget').hidden = !session.token();
	if (library.isListed) {
		announce(count(records.length, 'picture') + (phase === 'ready' ? ' so far' : ''));
		if (!records.some(({ width }) => width)) prepare(); // there is no picture to wait for
	}
	// An observer reports only changes, and a short page changes nothing.
	end.unobserve(byId('more'));
	end.observe(byId('more'));
});

function more() {
	if (library.phase === 'ready') library.more();
}
let isWatched = false; // whether scrolling loads more
const end = new IntersectionObserver(([entry]) => {
	isWatched = true;
	if (entry.isIntersecting) more();
}, { rootMargin: '900px' });
byId('load-more').onclick = more;
byId('again').onclick = async () => (await part('bulk'))?.againAll();
library.addEventListener('barren', () => announce('Still looking …'));

// --- What is loaded when it is needed

/** Load a part of the page; see parts.js. */
async function part(name, isQuiet) {
	const parts = await import('./parts.js').catch(() => null);
	return parts?.load(name, page, isQuiet);
}
const uploads = () => part('uploads');
for (const id of ['forget', 'help', 'theme']) byId(id).onclick = async () => (await part('menu'))?.[id]();
const page = { library, selection, grid, uploads, openPicture, leave, folder, more, go, open, get state() { return state; } };

/** Load the parts that people need most, once the first picture shows, or cannot, or takes too long. */
const prepare = () => prepared.resolve();
prepared.promise.then(async () => {
	for (const name of ['totals', 'picture', 'uploads', 'gestures', 'menu', 'notices', 'news', 'timeline']) part(name, true);
	(await import('./controls.js')).fillIcons();
});
for (const event of ['load', 'error']) list.addEventListener(event, prepare, { capture: true, once: true });
setTimeout(prepare, LONGEST_WAIT);

async function showPicture() {
	(await part('picture'))?.show();
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
selection.addEventListener('change', () => selection.ids.size && part('bulk'));

/** Uploads go into the folder that is looked at. */
function folder() {
	return folderOf(state.prefix);
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
open();
if (state.image) showPicture();
