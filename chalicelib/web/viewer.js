// One picture in large: before and after, what is known of it, and what can be done with it.

import { advice } from './advice.js';
import * as api from './api.js';
import { ask } from './ask.js';
import { compare } from './compare.js';
import { bare, button, el, eventually, icon, refocus, toast } from './dom.js';
import { bytes, count, formatName, formatTime, nameOf, saved } from './format.js';
import * as session from './session.js';

const REPROCESS_SECONDS = 90;
const PAGE_TITLE = document.title;

/** @param on what the page does: move and canMove (by -1 or 1), closed, changed, deleted, replace. */
export function connect(dialog, on) {
	let current = null;
	const body = el('div.viewer-body');
	const name = el('h2', { id: 'viewer-name', 'aria-live': 'polite', tabindex: -1 });
	const turn = (step) => on.canMove(step) && on.move(step);
	const before = bare('Previous picture', 'back', () => turn(-1));
	const next = bare('Next picture', 'next', () => turn(1));
	const close = bare('Close', 'close', () => dialog.close(), { autofocus: true });
	dialog.append(el('header', name, before, next, close), body, el('div.toasts', { role: 'status' }));
	dialog.addEventListener('close', () => {
		current = null;
		document.title = PAGE_TITLE;
		on.closed();
	});
	// Of the document, since a press goes past the dialog where nothing in it has the focus.
	document.addEventListener('keydown', (event) => {
		const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
		if (!step || !current || event.target.closest('input, .ask') || event.altKey || event.ctrlKey || event.metaKey) return;
		event.preventDefault();
		turn(step);
	});

	function show(record) {
		if (current === record) return;
		current = record;
		render();
		if (!dialog.open) dialog.showModal();
	}

	function refresh() {
		before.ariaDisabled = !on.canMove(-1);
		next.ariaDisabled = !on.canMove(1);
	}

	function render() {
		const focused = body.contains(document.activeElement) && document.activeElement;
		name.textContent = nameOf(current.sourceKey);
		document.title = `${name.textContent} – ${PAGE_TITLE}`;
		const view = current.width ? compare(current) : [failure(current)];
		const facts = el('div.facts', gain(current), details(current), downloads(current), actions(current));
		body.replaceChildren(el('div.stage', ...view), facts);
		if (focused) refocus(body.querySelector(`[name="${focused.name}"]`));
		refresh();
	}

	function actions(record) {
		const can = record.error ? advice(record.error) : { canRetry: true };
		return el(
			'div.row',
			record.width && button('Copy URL', 'link', () => copy(record)),
			record.status === 'pending' && button('Look again', 'redo', () => look(record), { name: 'look' }),
			can.canRetry && button('Compress again', 'redo', (event) => reprocess(record, event), { name: 'again' }),
			can.canReplace && button('Replace …', 'upload', () => on.replace(record), { name: 'replace' }),
			button('Delete …', 'trash', () => remove(record), { kind: '.danger', name: 'delete' }),
		);
	}

	async function reprocess(record, { currentTarget: pressed }) {
		if (pressed.ariaDisabled) return;
		pressed.ariaDisabled = true; // disabled, it would lose the focus
		pressed.lastChild.textContent = 'Compressing …';
		const { imageId, sourceKey, resizedAt } = record;
		try {
			await api.reprocess(imageId);
			const fresh = await eventually(async () => {
				const found = await api.image(imageId);
				return found.resizedAt !== resizedAt && found;
			}, REPROCESS_SECONDS);
			if (!fresh) throw new Error('It is not compressed again yet.');
			on.changed(fresh);
			if (current === record) show(fresh);
			const isError = fresh.status === 'failed';
			const outcome = isError ? 'cannot be compressed' : `was compressed again: ${bytes(fresh.sizeCompressed)}`;
			toast([el('bdi', nameOf(sourceKey)), ` ${outcome}.`], { isError });
		} catch (error) {
			complain(error);
			if (current === record) render();
		}
	}

	async function look({ imageId }) {
		try {
			const found = await api.image(imageId);
			on.changed(found);
			show(found);
			if (found.status === 'pending') toast('It is not compressed yet.');
		} catch (error) {
			complain(error);
		}
	}

	async function remove(record) {
		if (!(await confirmed(record))) return;
		try {
			await api.remove(record.imageId);
		} catch (error) {
			complain(error);
			return;
		}
		on.deleted(record.imageId);
		toast([el('bdi', nameOf(record.sourceKey)), ' was deleted.']);
	}

	return { show, hide: () => dialog.close(), refresh };
}

/** Show why something failed; where a token may not do it, offer to give another. */
function complain(error) {
	const change = () => session.another(session.token());
	toast(error.message, { isError: true, action: error.code === 'forbidden' && button('Change token', null, change) });
}

function failure({ status, error }) {
	if (status === 'pending') return el('div.failure', icon('image'), el('strong', 'This picture is not compressed yet'));
	const details = el('details', el('summary', 'Details'), el('p', `${error.code}: ${error.message}`));
	return el('div.failure', icon('alert'), el('strong', 'This picture could not be compressed'), el('p', advice(error).text), details);
}

function gain({ width, sizeOriginal, sizeCompressed }) {
	if (!width) return null;
	return el('p.big', el('b.good', `${saved(sizeOriginal, sizeCompressed)}% saved`), el('br'), `${bytes(sizeOriginal)} → ${bytes(sizeCompressed)}`);
}

function details(record) {
	const { sourceKey, width, height, originalWidth, originalHeight, capturedAt } = record;
	const rows = {
		Key: sourceKey,
		Compressed: width && `${formatName(record.format)}, ${width} × ${height}`,
		Original: originalWidth && `${formatName(record.originalFormat)}, ${originalWidth} × ${originalHeight}`,
		Taken: capturedAt && formatTime(capturedAt),
		[width ? 'Compressed on' : 'Tried on']: formatTime(record.resizedAt),
		Id: record.imageId,
	};
	return el('dl', ...Object.entries(rows).map(([term, value]) => value && el('div', el('dt', term), el('dd', value))));
}

function downloads(record) {
	const variants = { compressed: record, original: { sizeCompressed: record.sizeOriginal }, ...record.renditions };
	if (!record.width) delete variants.compressed;
	const links = Object.entries(variants).map(([variant, { sizeCompressed: size }]) => el('li', link(record, variant, size)));
	return el('div', el('h3', 'Download'), el('ul', ...links));
}

function link({ imageId }, variant, size) {
	const follow = async (event) => {
		event.preventDefault(); // a link carries no token
		try {
			location.assign(await api.download(imageId, variant));
		} catch (error) {
			complain(error);
		}
	};
	return el('a', { href: api.fileAddress(imageId, { variant, download: 'true' }), onclick: follow }, icon('download'), el('span', variant), el('small', bytes(size)));
}

async function copy({ imageId }) {
	const url = api.fileAddress(imageId);
	try {
		await navigator.clipboard.writeText(url);
		toast(session.auth === 'none' ? 'URL copied.' : 'URL copied. It asks for the token, too.');
	} catch {
		toast(`The browser does not let this page copy ${url}`);
	}
}

/** Ask before deleting, naming all that goes. */
function confirmed({ sourceKey, sizeOriginal, destKey, sizeCompressed, renditions = {} }) {
	const further = Object.keys(renditions).length;
	const file = (what, key, size) => el('li', what, el('bdi', key), ` (${bytes(size)})`);
	const goes = [
		file('the original, ', sourceKey, sizeOriginal),
		destKey && file('the compressed image, ', destKey, sizeCompressed),
		further && el('li', count(further, 'further size')),
		el('li', 'its record'),
	];
	const content = [el('p', 'This deletes'), el('ul', ...goes), el('p', el('strong', 'It cannot be undone.'))];
	return ask(['Delete ', el('bdi', nameOf(sourceKey)), '?'], content, 'Keep it', 'Delete', '.danger');
}
