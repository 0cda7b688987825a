// Which pictures are selected, and what a click does.

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

export const idAt = ({ target }) => target.closest?.('[data-id]')?.dataset.id;

/** @param open opens the picture of an id. */
export function connect(list, selection, open) {
	list.addEventListener('click', (event) => {
		const id = idAt(event);
		const isCheck = event.target.matches('.check');
		if (!id || (!isCheck && (event.metaKey || event.ctrlKey))) return;
		if (isCheck || (selection.ids.size && event.detail)) { // Enter opens a picture all the same
			if (!isCheck) event.preventDefault();
			selection.pick(id, event.shiftKey);
		} else if (!event.shiftKey) {
			event.preventDefault();
			open(id);
		}
	});
}
