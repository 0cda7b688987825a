// What is done with many pictures at once: the bar at the bottom, deletions that can be undone, and progress.

import * as actions from './actions.js';
import * as api from './api.js';
import { bare, button } from './controls.js';
import { byId, el } from './dom.js';
import { refocus } from './focus.js';
import { count, number } from './format.js';
import { toast } from './toast.js';

const MOST = 1000; // images of a job
const UNDO_SECONDS = 10;
const WATCH_SECONDS = 300;
const PAGE = 100; // ids in a request

export function connect(page) {
	const { library, selection } = page;
	const waiting = new Set(); // deletions that can still be undone
	const status = el('span', { role: 'status' });
	const progress = el('progress', { 'aria-label': 'Progress', hidden: true });
	const buttons = el(
		'div.row',
		button('Copy links', 'link', copy),
		button('Compress again', 'redo', () => again(selection.records)),
		button('Delete', 'trash', remove, { kind: '.danger' }),
	);
	const clear = bare('Clear the selection', 'close', () => selection.clear());
	const bar = el('section.bar', { 'aria-label': 'Selection' }, el('div.what', status, progress), buttons, clear);
	byId('tray').before(bar);

	function show() {
		const selected = selection.records.length;
		if (bar.contains(document.activeElement) && !selected) refocus();
		buttons.hidden = clear.hidden = !selected || !progress.hidden;
		bar.hidden = buttons.hidden && progress.hidden;
		if (progress.hidden) status.textContent = `${number(selected)} selected`;
	}
	selection.addEventListener('change', show);
	library.addEventListener('change', show);
	show();

	/** Have jobs done with all records, and show how far it is. @returns how many it skipped. */
	async function run(action, records, verb) {
		let skipped = 0;
		try {
			for (const [at, ids] of batches(records)) {
				const show = ({ done }) => advance(verb, at + done, records.length);
				show({ done: 0 });
				const job = await actions.job(action, ids, show);
				if (job.state === 'stopped') throw new Error('The job stopped. Try again.');
				skipped += job.skipped;
			}
		} finally {
			finish();
		}
		return skipped;
	}

	function advance(verb, done, all) {
		progress.hidden = false;
		Object.assign(progress, { max: all, value: done });
		status.textContent = `${verb}: ${number(done)} of ${number(all)}`;
		show();
	}

	function finish() {
		progress.hidden = true;
		show();
	}

	// --- Deleting

	/** Whether a picture has not come back meanwhile, by an upload of its name. */
	const isGone = ({ imageId }) => !library.get(imageId);

	function remove() {
		const { records } = selection;
		const deletion = { records, timer: setTimeout(send, UNDO_SECONDS * 1000) };
		const undo = button('Undo', null, () => {
			clearTimeout(deletion.timer);
			waiting.delete(deletion);
			dismiss();
			library.put(...records);
		});
		waiting.add(deletion);
		selection.clear();
		library.remove(...idsOf(records));
		const dismiss = toast(`${count(records.length, 'picture')} deleted.`, { action: undo, seconds: UNDO_SECONDS });
		undo.focus();

		async function send() {
			waiting.delete(deletion);
			const gone = records.filter(isGone);
			try {
				const skipped = await run('delete', gone, 'Deleting');
				if (skipped) toast(`${count(skipped, 'picture')} had gone already, or could not be deleted. Reload to see.`, { isError: true });
			} catch (error) {
				library.put(...gone);
				complain(gone, 'deleted', error);
			}
			const uploads = await page.uploads();
			gone.filter(isGone).forEach(({ imageId }) => uploads?.forget(imageId));
		}
	}
	addEventListener('pagehide', () => {
		for (const { records, timer } of waiting) {
			clearTimeout(timer);
			for (const [, ids] of batches(records.filter(isGone))) actions.ask('delete', ids, { keepalive: true });
		}
		waiting.clear();
	});

	// --- Compressing again

	async function again(records) {
		selection.clear();
		try {
			await run('reprocess', records, 'Asking');
			await watch(records);
		} catch (error) {
			complain(records, 'compressed again', error);
		}
	}

	/** Wait until the records have changed, and show each that has. */
	async function watch(records) {
		const left = new Map(records.map((record) => [record.imageId, record.resizedAt]));
		const outcome = { compressed: 0, failed: 0 };
		const show = () => advance('Compressing again', records.length - left.size, records.length);
		show();
		await actions.eventually(async () => {
			const ids = [...left.keys()].slice(0, PAGE).join(',');
			const { images } = await api.list({ ids }).catch(() => ({ images: [] }));
			const fresh = images.filter(({ imageId, resizedAt }) => resizedAt !== left.get(imageId));
			for (const record of fresh) {
				left.delete(record.imageId);
				outcome[record.status] += 1;
			}
			if (fresh.length) library.put(...fresh);
			show();
			return !left.size;
		}, WATCH_SECONDS);
		finish();
		const { compressed, failed } = outcome;
		const parts = [
			compressed && `${count(compressed, 'picture')} compressed again`,
			failed && `${number(failed)} failed again`,
			left.size && `${number(left.size)} not compressed again yet`,
		];
		toast(`${parts.filter(Boolean).join(', ')}.`, { isError: !compressed });
	}

	/** Compress all that the list can show, not only what it has loaded. */
	async function againAll() {
		while (library.phase === 'ready') await library.more();
		await again(library.records);
	}

	// --- Links

	async function copy() {
		const links = selection.records.map(({ imageId }) => actions.fileAddress(imageId));
		try {
			await navigator.clipboard.writeText(links.join('\n'));
			toast(`${count(links.length, 'link')} copied.`);
		} catch {
			toast('The browser does not let this page copy.', { isError: true });
		}
	}

	return { againAll };
}

/** Yield the ids of as many records as a job may have, after how many come before. */
function* batches(records) {
	for (let at = 0; at < records.length; at += MOST) yield [at, idsOf(records.slice(at, at + MOST))];
}

const idsOf = (records) => records.map(({ imageId }) => imageId);

function complain(records, participle, error) {
	toast(`${count(records.length, 'picture')} could not be ${participle}: ${error.message}`, { isError: true });
}
