// Where keys lead in the grid.

/** @param shown how many pictures have a place. @returns the index of the picture that a key leads to. */
export function target(key, index, rows, shown) {
	const last = shown - 1;
	if (key === 'Home') return 0;
	if (key === 'End') return last;
	if (key === 'ArrowLeft') return Math.max(0, index - 1);
	if (key === 'ArrowRight') return Math.min(last, index + 1);
	const at = rows.findIndex(({ to }) => index < to);
	const row = rows[key === 'ArrowUp' ? at - 1 : at + 1];
	if (!row || row.from > last) return index;
	const centre = ({ left, width }) => left + width / 2;
	const here = centre(rows[at].boxes[index - rows[at].from]);
	const distances = row.boxes.map((box) => Math.abs(centre(box) - here));
	return row.from + distances.indexOf(Math.min(...distances));
}
