// Which pictures are selected, and how people select them: by check marks, ranges, keys, and long presses.

const PRESS = 500; // milliseconds
const SLIP = 10; // pixels that a finger may move

/** The ids of the selected pictures. Every change fires "change". */
export class Selection extends EventTarget {
	ids = new Set();
	#library;
	#anchor = ''; // where a range starts

	constructor(library) {
		super();
		this.#library = library;
	}

	/** The records that are selected and still listed. */
	get records() {
		return this.#library.records.filter(({ imageId }) => this.ids.has(imageId));
	}

	/** Select a picture, or no longer; with `isRange`, select all from the last one to this. */
	pick(id, isRange) {
		const { records } = this.#library;
		const [from, to] = [this.#anchor, id].map((each) => records.findIndex(({ imageId }) => imageId === each));
		if (isRange && from >= 0) {
			records.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(({ imageId }) => this.ids.add(imageId));
		} else if (!this.ids.delete(id)) {
			this.ids.add(id);
		}
		this.#anchor = id;
		this.dispatchEvent(new Event('change'));
	}

	pickAll() {
		this.ids = new Set(this.#library.records.map(({ imageId }) => imageId));
		this.dispatchEvent(new Event('change'));
	}

	clear() {
		if (!this.ids.size) return;
		this.ids.clear();
		this.dispatchEvent(new Event('change'));
	}
}

/** @param open opens the picture of an id. */
export function connect(list, selection, open) {
	let isPressed = false; // whether the next click ends a long press
	const idAt = ({ target }) => target.closest?.('[data-id]')?.dataset.id;

	list.addEventListener('click', (event) => {
		const id = idAt(event);
		const isCheck = event.target.matches('.check');
		if (!id || (!isCheck && (event.metaKey || event.ctrlKey))) return;
		if (isCheck || (selection.ids.size && event.detail)) { // Enter opens a picture all the same
			if (!isCheck) event.preventDefault();
			if (!isPressed) selection.pick(id, event.shiftKey);
		} else if (!event.shiftKey) {
			event.preventDefault();
			open(id);
		}
		isPressed = false;
	});

	list.addEventListener('keydown', (event) => {
		if (event.key !== ' ' || !event.target.matches('a')) return;
		event.preventDefault();
		selection.pick(idAt(event), event.shiftKey);
	});
	document.addEventListener('keydown', (event) => {
		if (event.target.matches('input:not(.check), select') || document.querySelector('dialog[open]')) return;
		if (event.key === 'Escape') selection.clear();
		if (event.key !== 'a' || !(event.ctrlKey || event.metaKey)) return;
		event.preventDefault();
		selection.pickAll();
	});

	let press = 0;
	let start = null;
	const release = () => clearTimeout(press);
	list.addEventListener('pointerdown', (event) => {
		isPressed = false;
		if (event.pointerType !== 'touch') return;
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
}
