// How people select without a check mark: by keys, and by long presses.

import { isForOthers } from './controls.js';
import { byId } from './dom.js';
import { idAt } from './selection.js';

const PRESS = 500; // milliseconds
const SLIP = 10; // pixels that a finger may move

export function connect({ selection }) {
	const list = byId('grid');
	list.addEventListener('keydown', (event) => {
		if (event.key !== ' ' || !event.target.matches('a')) return;
		event.preventDefault();
		selection.pick(idAt(event), event.shiftKey);
	});
	document.addEventListener('keydown', (event) => {
		if (isForOthers(event)) return;
		if (event.key === 'Escape') selection.clear();
		if (event.key !== 'a' || !(event.ctrlKey || event.metaKey)) return;
		event.preventDefault();
		selection.pickAll();
	});

	let press = 0;
	let start = null;
	let isPressed = false; // whether the next click ends a long press
	const release = () => clearTimeout(press);
	list.addEventListener('pointerdown', (event) => {
		isPressed = false;
		if (event.pointerType !== 'touch' || !idAt(event)) return;
		start = event;
		press = setTimeout(() => {
			isPressed = true;
			selection.pick(idAt(start));
		}, PRESS);
	});
	list.addEventListener('pointermove', ({ clientX, clientY }) => {
		if (start && Math.hypot(clientX - start.clientX, clientY - start.clientY) > SLIP) release();
	});
	for (const end of ['pointerup', 'pointercancel']) list.addEventListener(end, release);
	list.addEventListener('contextmenu', (event) => event.pointerType === 'touch' && event.preventDefault());
	list.addEventListener('click', (event) => {
		if (!isPressed) return;
		isPressed = false;
		event.preventDefault();
		event.stopPropagation();
	}, { capture: true });
}
