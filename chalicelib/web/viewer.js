// One picture in large: before and after, and what can be done with it.

import * as actions from './actions.js';
import { advice } from './advice.js';
import * as api from './api.js';
import { ask } from './ask.js';
import { compare } from './compare.js';
import { complain } from './complain.js';
import { bare, button, icon } from './controls.js';
import { el } from './dom.js';
import { facts, gain } from './facts.js';
import { refocus } from './focus.js';
import { bytes, count, nameOf } from './format.js';
import { toast } from './toast.js';

const REPROCESS_SECONDS = 90;
const SWIPE = 60; // pixels
const PAGE_TITLE = document.title;

/** @param on what the page does: move and canMove (by -1 or 1), closed, changed, deleted, replace, visit (a folder). */
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
		body.replaceChildren();
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

	let touch = null; // where a swipe may have begun
	body.addEventListener('pointerdown', (event) => {
		touch = event.pointerType === 'touch' && !event.target.closest('input, .zoomed') && event;
	});
	body.addEventListener('pointerup', ({ clientX, clientY }) => {
		const [x, y] = touch ? [clientX - touch.clientX, clientY - touch.clientY] : [0, 0];
		if (Math.abs(x) > Math.max(SWIPE, 2 * Math.abs(y))) turn(x < 0 ? 1 : -1);
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
		const isOld = current.status === 'pending' && current.width;
		const side = el('div.facts', isOld && el('p', 'A newer original is not compressed yet.'), gain(current), actionsOf(current), ...facts(current, on.visit));
		body.replaceChildren(el('div.stage', ...view), side);
		if (focused) refocus(body.querySelector(`[name="${focused.name}"]`));
		refresh();
	}

	function actionsOf(record) {
		const can = record.error ? advice(record.error) : { canRetry: true };
		return el(
			'div.row',
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
			await actions.reprocess(imageId);
			const fresh = await actions.eventually(async () => {
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
			await actions.remove(record.imageId);
		} catch (error) {
			complain(error);
			return;
		}
		on.deleted(record.imageId);
		toast([el('bdi', nameOf(record.sourceKey)), ' was deleted.']);
	}

	return { show, hide: () => dialog.close(), refresh };
}

function failure({ status, error }) {
	if (status === 'pending') return el('div.failure', icon('image'), el('strong', 'This picture is not compressed yet'));
	const details = el('details', el('summary', 'Details'), el('p', `${error.code}: ${error.message}`));
	return el('div.failure', icon('alert'), el('strong', 'This picture could not be compressed'), el('p', advice(error).text), details);
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
