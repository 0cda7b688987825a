// Justified rows: which pictures share a row, and where each of them is. All lengths are pixels.

const CROP = 1.6; // a row is at most this many times as high as wanted; its pictures are cropped then

/**
 * Divide pictures into rows that fill `width` and are about as high as `wanted`.
 *
 * Only the last row may be shorter than `width`.
 * @param ratios of width to height, one for each picture.
 * @returns rows of {from, to, top, height, boxes, isFull}; a box is the {left, width} of one picture.
 */
export function rowsOf(ratios, width, wanted, gap) {
	const rows = [];
	let from = 0;
	let sum = 0; // of the ratios since `from`
	let top = 0;

	/** The height at which pictures fill a row. */
	const filling = (to, ratio) => (width - gap * (to - from - 1)) / ratio;

	function close(to, scale, isFull) {
		const height = Math.round(Math.min(scale, wanted * CROP));
		let edge = 0;
		const boxes = ratios.slice(from, to).map((ratio) => {
			const left = Math.round(edge);
			edge += ratio * scale + gap;
			return { left, width: Math.round(edge - gap) - left };
		});
		rows.push({ from, to, top, height, boxes, isFull });
		top += height + gap;
		from = to;
		sum = 0;
	}

	ratios.forEach((ratio, at) => {
		const before = filling(at, sum); // higher than wanted, or the row were closed
		const after = filling(at + 1, sum + ratio);
		if (at > from && after < wanted && before / wanted < wanted / after) close(at, before, true);
		sum += ratio;
		const height = filling(at + 1, sum);
		if (height <= wanted) close(at + 1, height, true);
	});
	if (from < ratios.length) close(ratios.length, wanted, false);
	return rows;
}
