// One picture in large: before and after, what is known of it, and what can be done with it.

import * as api from './api.js';
import { compare } from './compare.js';
import { ask, byId, button, el, eventually, icon, toast } from './dom.js';
import { bytes, count, formatName, moment, nameOf, saved } from './format.js';
import * as session from './session.js';

const REPROCESS_SECONDS = 90;

export class Viewer {
	#dialog;
	#library;
	#on;
	#record = null;
	#body = el('div.viewer-body');
	#name = el('h2', { id: 'viewer-name', 'aria-live': 'polite' });
	#before;
	#next;

	/** @param {{move: (step: number) => void, canMove: (step: number) => boolean, close: () => void}} on */
	constructor(dialog, library, on) {
		this.#dialog = dialog;
		this.#library = library;
		this.#on = on;
		this.#before = button('Previous picture', 'back', () => on.move(-1), { kind: '.bare' });
		this.#next = button('Next picture', 'next', () => on.move(1), { kind: '.bare' });
		const close = button('Close', 'close', () => dialog.close(), { kind: '.bare', autofocus: true });
		dialog.append(el('header', this.#name, this.#before, this.#next, close), this.#body, el('div.toasts', { role: 'status' }));
		dialog.addEventListener('keydown', (event) => this.#turn(event));
		dialog.addEventListener('close', () => {
			this.#record = null;
			on.close();
		});
	}

	show(record) {
		if (this.#record === record) return;
		this.#record = record;
		this.#render();
		if (!this.#dialog.open) this.#dialog.showModal();
	}

	hide() {
		this.#dialog.close();
	}

	/** Look again at which neighbours there are. */
	refresh() {
		this.#before.disabled = !this.#on.canMove(-1);
		this.#next.disabled = !this.#on.canMove(1);
	}

	#turn(event) {
		const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
		if (!step || event.target.matches('input') || event.altKey || event.ctrlKey || event.metaKey) return;
		event.preventDefault();
		if (this.#on.canMove(step)) this.#on.move(step);
	}

	#render() {
		const record = this.#record;
		this.#name.textContent = nameOf(record.sourceKey);
		const view = record.status === 'failed' ? [failure(record)] : compare(record);
		const facts = el('div.facts', gain(record), details(record), downloads(record), this.#actions(record));
		this.#body.replaceChildren(el('div.stage', ...view), facts);
		this.refresh();
	}

	#actions(record) {
		return el(
			'div.row',
			record.status === 'compressed' && button('Copy URL', 'link', () => copy(record)),
			button('Compress again', 'redo', (event) => this.#reprocess(record, event)),
			button('Delete …', 'trash', () => this.#remove(record), { kind: '.danger' }),
		);
	}

	async #reprocess(record, { currentTarget: pressed }) {
		const { imageId, sourceKey, resizedAt } = record;
		pressed.disabled = true;
		pressed.lastChild.textContent = 'Compressing …';
		try {
			await api.reprocess(imageId);
			const fresh = await eventually(async () => {
				const found = await api.image(imageId);
				return found.resizedAt !== resizedAt && found;
			}, REPROCESS_SECONDS);
			if (!fresh) throw new Error('It is not compressed again yet.');
			this.#library.put(fresh);
			if (this.#record === record) this.show(fresh);
			const isError = fresh.status === 'failed';
			toast(`${nameOf(sourceKey)} ${isError ? 'cannot be compressed' : `was compressed again: ${bytes(fresh.sizeCompressed)}`}.`, { isError });
		} catch (error) {
			complain(error);
			if (this.#record === record) this.#render();
		}
	}

	async #remove(record) {
		if (!(await confirmed(record))) return;
		try {
			await api.remove(record.imageId);
		} catch (error) {
			complain(error);
			return;
		}
		const step = [1, -1].find(this.#on.canMove);
		if (step) this.#on.move(step);
		else this.hide();
		this.#library.remove(record.imageId);
		toast(`${nameOf(record.sourceKey)} was deleted.`);
	}
}

/** Show why something failed; where a token may not do it, offer to give another. */
function complain(error) {
	const change = () => session.another(session.token());
	toast(error.message, { isError: true, action: error.code === 'forbidden' && button('Change token', null, change) });
}

function failure({ error }) {
	return el('div.failure', icon('alert'), el('strong', 'This picture could not be compressed'), el('p', error.message));
}

function gain({ status, sizeOriginal, sizeCompressed }) {
	if (status === 'failed') return null;
	return el('p.big', el('b.good', `${saved(sizeOriginal, sizeCompressed)}% saved`), el('br'), `${bytes(sizeOriginal)} → ${bytes(sizeCompressed)}`);
}

function details(record) {
	const { sourceKey, width, height, originalWidth, originalHeight, capturedAt } = record;
	const rows = {
		Key: sourceKey,
		Compressed: width && `${formatName(record.format)}, ${width} × ${height}`,
		Original: originalWidth && `${formatName(record.originalFormat)}, ${originalWidth} × ${originalHeight}`,
		Taken: capturedAt && moment(capturedAt),
		[width ? 'Compressed on' : 'Tried on']: moment(record.resizedAt),
		Id: el('code', record.imageId),
	};
	return el('dl', ...Object.entries(rows).map(([term, value]) => value && el('div', el('dt', term), el('dd', value))));
}

function downloads(record) {
	const variants = { compressed: record, original: { sizeCompressed: record.sizeOriginal }, ...record.renditions };
	if (record.status === 'failed') delete variants.compressed;
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
	const dialog = byId('confirm');
	const further = Object.keys(renditions).length;
	const goes = [
		`the original, ${sourceKey} (${bytes(sizeOriginal)})`,
		destKey && `the compressed image, ${destKey} (${bytes(sizeCompressed)})`,
		further && count(further, 'further size'),
		'its record',
	];
	return ask(
		dialog,
		el('h2', { id: 'confirm-title' }, `Delete ${nameOf(sourceKey)}?`),
		el('p', 'This deletes'),
		el('ul', ...goes.map((what) => what && el('li', what))),
		el('p', el('strong', 'It cannot be undone.')),
		el('div.row', button('Keep it', null, () => dialog.close(), { autofocus: true }), button('Delete', 'trash', () => dialog.close('yes'), { kind: '.primary.danger' })),
	);
}
