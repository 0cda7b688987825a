// The tray: every upload in a row of its own, from its progress to what was saved.

import { bare, button, icon } from './controls.js';
import { announce, el, paint } from './dom.js';
import { refocus } from './focus.js';
import { bytes, count, percent, saved } from './format.js';

export function connect(tray, uploads, open) {
	const list = el('ul');
	const title = el('h2', 'Uploads');
	const fold = bare('Fold', 'down', () => fold.setAttribute('aria-expanded', !tray.classList.toggle('folded')), { 'aria-expanded': 'true' });
	const clear = bare('Clear', 'close', empty);
	const each = (label, act) => button(label, null, () => {
		uploads.clashes.forEach((upload) => uploads[act](upload));
		fold.focus();
	});
	const clashes = el('div.row', each('Keep both of all', 'keepBoth'), each('Replace all', 'overwrite'));
	tray.append(el('header', title, fold, clear), clashes, list);

	uploads.addEventListener('change', ({ detail }) => {
		update(detail);
		summarize();
	});

	/** Remove the finished rows. Names that are taken still wait for an answer, so their rows stay. */
	function empty() {
		uploads.all = uploads.clashes;
		list.replaceChildren(...uploads.all.map(({ row }) => row));
		summarize();
		refocus();
	}

	function update(upload) {
		const old = upload.row;
		if (upload.state === 'sending' && old?.dataset.state === 'sending') {
			old.querySelector('progress').value = upload.progress;
			return;
		}
		const hadFocus = old?.contains(document.activeElement);
		upload.row = rowOf(upload, uploads, open);
		if (old) old.replaceWith(upload.row);
		else list.append(upload.row);
		if (hadFocus) (upload.row.querySelector('button') ?? fold).focus();
	}

	function summarize() {
		const { all, active } = uploads;
		tray.hidden = !all.length;
		const unanswered = uploads.clashes.length;
		clashes.hidden = unanswered < 2;
		clear.hidden = active.length > 0 || unanswered === all.length;
		title.textContent = active.length ? `Uploading: ${all.length - active.length - unanswered} of ${all.length} done` : outcome(all);
		if (!active.length) announce(title.textContent);
	}
}

function outcome(all) {
	const of = (...states) => all.filter(({ state }) => states.includes(state)).length;
	const done = of('compressed');
	const failed = of('failed', 'broken');
	const refused = of('refused');
	const clashes = of('clash');
	const unknown = of('unknown');
	const parts = [
		failed && `${failed} failed`,
		refused && `${refused} refused`,
		clashes && `${count(clashes, 'name')} taken`,
		unknown && `${unknown} not known of`,
		done && `${count(done, 'picture')} compressed`,
	];
	return parts.filter(Boolean).join(', ') || 'Uploads';
}

function rowOf(upload, uploads, open) {
	const { state, record, key } = upload;
	const face = el('span.face', record?.placeholder ? '' : icon(upload.reason ? 'alert' : 'image'));
	if (record?.placeholder) paint(face, record);
	const name = el('span.name', { title: key }, key);
	const act = (label, run) => button(label, null, run, { 'aria-label': `${label}: ${key}` });
	const cancel = bare('Cancel', 'close', () => uploads.cancel(upload), { 'aria-label': `Cancel: ${key}` });
	const show = act('Show', () => open(record.imageId));
	const actions = {
		waiting: [cancel],
		sending: [cancel],
		clash: [act('Keep both', () => uploads.keepBoth(upload)), act('Replace', () => uploads.overwrite(upload)), cancel],
		unknown: [act('Look again', () => uploads.watch(upload)), cancel],
		broken: [act('Retry', () => uploads.retry(upload)), cancel],
		compressed: [show],
		failed: [show],
	};
	return el('li.upload', { 'data-state': state }, face, el('div.what', name, status(upload)), el('div.row', ...(actions[state] ?? [])));
}

function status({ state, record, file, key, reason, progress }) {
	if (state === 'sending') return el('progress', { 'aria-label': `Upload of ${key}`, value: progress });
	if (state === 'waiting') return el('small', `Waiting, ${bytes(file.size)}`);
	if (state === 'queued') return el('small', `Queued: compressing ${bytes(file.size)} …`);
	if (state === 'cancelled') return el('small', reason);
	if (state !== 'compressed') return el('small.bad', state === 'failed' ? `Not compressed: ${reason}` : reason);
	const { sizeOriginal: before, sizeCompressed: after } = record;
	return el('small', `${bytes(before)} → ${bytes(after)}, `, el('b.good', `${percent(saved(before, after))} saved`));
}
