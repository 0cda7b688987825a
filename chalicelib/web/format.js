// Numbers, dates and names as people read them.

const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
const FORMATS = { webp: 'WebP', jpeg2000: 'JPEG 2000' };
// Without a locale, numbers and dates are written as the browser's language writes them.
const whole = new Intl.NumberFormat();
const single = new Intl.NumberFormat(undefined, { style: 'unit', unit: 'byte', unitDisplay: 'long' });
const sizes = UNITS.map((unit) => new Intl.NumberFormat(undefined, { style: 'unit', unit, maximumSignificantDigits: 3 }));
const percents = new Intl.NumberFormat(undefined, { style: 'percent' });

/** 1234567 becomes "1.23 MB". */
export function bytes(size) {
	if (size < 1000) return single.format(size);
	let value = size / 1000;
	let unit = 0;
	for (; value >= 999.5 && unit < UNITS.length - 1; unit += 1) value /= 1000;
	return sizes[unit].format(value);
}

/** How much smaller `after` is than `before`, in per cent; never rounded up to more than was saved. */
export function saved(before, after) {
	return before > 0 ? Math.max(0, Math.floor((1 - after / before) * 100)) : 0;
}

/** 76 becomes "76%". */
export const percent = (value) => percents.format(value / 100);
export const number = (value) => whole.format(value);
export const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
export const formatName = (format) => FORMATS[format] ?? format.toUpperCase();

/** The folder of a key, with its slash; '' at the root. */
export const folderOf = (key) => key.slice(0, key.lastIndexOf('/') + 1);
export const nameOf = (key) => key.slice(key.lastIndexOf('/') + 1) || key;
