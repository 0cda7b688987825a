// Numbers, dates and names as people read them.

const UNITS = ['kB', 'MB', 'GB', 'TB'];
const FORMATS = { webp: 'WebP', jpeg2000: 'JPEG 2000' };
const figures = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en');
const times = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** 1234567 becomes "1.23 MB". */
export function bytes(size) {
	if (size < 1000) return count(size, 'byte');
	let value = size / 1000;
	let unit = 0;
	for (; value >= 999.5 && unit < UNITS.length - 1; unit += 1) value /= 1000;
	return `${figures.format(value)} ${UNITS[unit]}`;
}

/** How much smaller `after` is than `before`, in per cent; never rounded up to more than was saved. */
export function saved(before, after) {
	return before > 0 ? Math.max(0, Math.floor((1 - after / before) * 100)) : 0;
}

export const number = (value) => whole.format(value);
export const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
export const formatTime = (iso) => times.format(new Date(iso));
export const formatName = (format) => FORMATS[format] ?? format.toUpperCase();

export const nameOf = (key) => key.slice(key.lastIndexOf('/') + 1) || key;
