// The grid: justified rows of pictures, of which only those near the screen are in the page.

import { byId } from './dom.js';
import { rowsOf } from './rows.js';
import { newTile, skeleton } from './tile.js';

const TILES = 36; // in the page at a time, unless more are in sight
const IN_SIGHT = 25; // pictures that a large screen shows, more or less
const FIRST = 40; // pictures whose shapes decide how high rows are, so that further pages change nothing
const SKELETON = 1.3; // the ratio of a picture that is on its way
const FAILED = 1.6; // wide enough for a reason
const KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'];

/**
 * @param hrefOf gives the address of an image's id.
 * @param folder gives the folder that is looked at.
 * @param prepared settles once the first pictures show.
 */
export function connect(list, { hrefOf, folder, selection, prepared }) {
	const tiles = new Map(); // in the page: by record, or by index for those on their way
	let records = [];
	let shown = 0; // records that have a row
	let isWhole = true; // whether no more records are to come
	let rows = [];
	let current = ''; // the id of the picture that Tab leads to

	const indexOf = (id) => Math.max(0, records.findIndex((record) => record.imageId === id));
	const rowWith = (index) => rows.findIndex(({ to }) => index < to);
	const offset = () => -list.getBoundingClientRect().top;

	/** Compute the rows for the width of the page, and after them those of `skeletons`. */
	function lay(skeletons) {
		const { minHeight, rowGap } = getComputedStyle(list);
		const gap = parseFloat(rowGap);
		const wanted = Math.max(parseFloat(minHeight), heightFor(IN_SIGHT, records.slice(0, FIRST)));
		const layOut = (ratios) => rowsOf(ratios, list.clientWidth, wanted, gap);
		rows = layOut(records.map(ratioOf));
		if (!isWhole && rows.length > 1 && !rows.at(-1).isFull) rows.pop(); // it waits for the next page, or its pictures would move
		shown = rows.at(-1)?.to ?? 0;
		const end = () => (rows.length ? rows.at(-1).top + rows.at(-1).height + gap : 0);
		const start = end();
		const further = layOut(Array(skeletons).fill(SKELETON));
		rows.push(...further.map((row) => ({ ...row, from: row.from + shown, to: row.to + shown, top: row.top + start })));
		list.style.height = `${end()}px`;
	}

	/** The first and the last row to draw: those in sight, and some around them. */
	function range() {
		const top = offset();
		let start = rows.findIndex((row) => row.top + row.height > top);
		let end = rows.findLastIndex((row) => row.top < top + innerHeight);
		if (start < 0 || end < start) start = end = start < 0 ? rows.length - 1 : 0;
		const fits = (row) => row && rows[end].to - rows[start].from + row.to - row.from <= TILES;
		for (let step = 0; step < 3; step += 1) {
			if (fits(rows[end + 1])) end += 1;
			if (fits(rows[start - 1])) start -= 1;
		}
		return [start, end];
	}

	function draw() {
		const [start, end] = range();
		const focused = indexOf(current);
		const drawn = [];
		rows.forEach((row, at) => {
			const isNear = start <= at && at <= end;
			for (let index = row.from; index < row.to; index += 1) {
				if (isNear || index === focused) drawn.push(place(index, row, index === focused));
			}
		});
		for (const [key, tile] of tiles) {
			if (drawn.includes(tile)) continue;
			tile.remove();
			tiles.delete(key);
		}
		drawn.forEach((tile, at) => list.children[at] !== tile && list.insertBefore(tile, list.children[at]));
	}

	function place(index, { from, top, height, boxes }, isCurrent) {
		const record = index < shown && records[index];
		const key = record || index;
		if (!tiles.has(key)) tiles.set(key, record ? newTile(record, folder(), prepared) : skeleton());
		const tile = tiles.get(key);
		const { left, width } = boxes[index - from];
		Object.assign(tile.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
		if (!record) return tile;
		const [link, check] = tile.children;
		const picture = link.querySelector('img');
		link.href = hrefOf(record.imageId);
		link.tabIndex = check.tabIndex = isCurrent ? 0 : -1;
		check.checked = selection.ids.has(record.imageId);
		tile.classList.toggle('selected', check.checked);
		if (picture) picture.sizes = `${width}px`;
		tile.setAttribute('aria-posinset', index + 1);
		tile.setAttribute('aria-setsize', isWhole ? records.length : -1);
		return tile;
	}

	/** Draw for another width, and keep the first row in sight where it is. */
	function resize() {
		const seen = rows.find((row) => row.top + row.height > offset());
		lay(0);
		if (seen?.top && offset() > 0) scrollBy(0, rows[Math.max(0, rowWith(seen.from))].top - seen.top);
		draw();
	}

	function focus(index) {
		current = records[index].imageId;
		draw();
		const tile = tiles.get(records[index]);
		tile.scrollIntoView({ block: 'nearest' });
		tile.firstChild.focus({ preventScroll: true });
	}

	list.addEventListener('focusin', ({ target: { parentNode } }) => {
		if (current === parentNode.dataset.id) return;
		current = parentNode.dataset.id;
		draw();
	});
	let target = null; // the function of keys.js
	prepared.then(async () => ({ target } = await import('./keys.js')));
	list.addEventListener('keydown', (event) => {
		if (!target || !KEYS.includes(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
		event.preventDefault();
		focus(target(event.key, indexOf(current), rows, shown));
	});
	selection.addEventListener('change', () => {
		list.classList.toggle('selecting', selection.ids.size);
		draw();
	});
	let drawing = 0;
	addEventListener('scroll', () => {
		cancelAnimationFrame(drawing);
		drawing = requestAnimationFrame(draw);
	}, { passive: true });
	let size = '';
	const observer = new ResizeObserver(() => {
		const before = size;
		size = `${list.clientWidth} ${getComputedStyle(list).minHeight}`;
		if (before && before !== size) resize();
	});
	observer.observe(list);
	observer.observe(byId('filters')); // its height changes with the size of text

	return {
		show(all, phase) {
			const isLoading = phase === 'loading';
			records = all;
			isWhole = !isLoading && phase !== 'ready';
			const skeletons = all.length ? 4 : 10;
			lay(isLoading ? skeletons : 0);
			draw();
			list.setAttribute('aria-busy', isLoading);
		},

		/** Give the focus to a picture, wherever it is in the list. */
		focus(id) {
			const isThere = records.some(({ imageId }) => imageId === id);
			if (isThere) focus(indexOf(id));
			return isThere;
		},
	};
}

const ratioOf = ({ status, width, height }) => (status === 'failed' ? FAILED : Math.min(3, Math.max(0.5, width / height)));

/** The height of rows at which the screen shows so many pictures, in steps of 20 pixels. */
function heightFor(count, records) {
	const mean = records.reduce((sum, record) => sum + ratioOf(record), 0) / records.length || SKELETON;
	return Math.round(Math.sqrt((innerWidth * innerHeight) / (count * mean)) / 20) * 20;
}
