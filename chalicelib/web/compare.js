// Before and after in one frame, parted by a slider that pointers and arrow keys move.

import { button, icon } from './controls.js';
import { el, paint } from './dom.js';
import { refocus } from './focus.js';
import { bytes, formatName, nameOf } from './format.js';
import { withFreshUrls } from './tile.js';
import { makeZoomable } from './zoom.js';

const SHOWN_BY_ALL = ['jpeg', 'png', 'webp', 'gif', 'avif', 'bmp'];
const LARGE = 25_000_000; // larger files are loaded only on request

export function compare(record) {
	const { width, height, originalWidth, originalFormat, sizeOriginal } = record;
	const after = el('img', { alt: `${nameOf(record.sourceKey)}, compressed` });
	const frame = el('div.compare', el('div.after', after));
	const legend = el('p.legend');
	frame.style.setProperty('--ratio', width / height);
	frame.style.setProperty('--natural', `${Math.max(originalWidth, 240)}px`);
	paint(after, record);
	makeZoomable(frame, width);
	withFreshUrls(after, record, (urls) => (after.src = urls.compressed));

	const addBefore = () => showBefore(record, frame, legend);
	if (!SHOWN_BY_ALL.includes(originalFormat)) {
		legend.append(`This is the compressed image; browsers cannot show ${formatName(originalFormat)} originals.`);
	} else if (sizeOriginal > LARGE) {
		legend.append(button(`Load the original to compare (${bytes(sizeOriginal)})`, null, addBefore));
	} else {
		addBefore();
	}
	return [frame, legend];
}

function showBefore(record, frame, legend) {
	const before = el('img', { alt: `${nameOf(record.sourceKey)}, original` });
	const slider = el('input', { type: 'range', 'aria-label': 'How much of the original is shown' });
	const place = () => {
		frame.style.setProperty('--split', `${slider.value}%`);
		slider.setAttribute('aria-valuetext', `${slider.value}% original, ${100 - slider.value}% compressed`);
	};
	slider.oninput = place;
	slider.onpointerup = () => refocus(); // so that the arrow keys turn pages again

	before.onload = () => {
		place();
		frame.append(el('div.before', before), slider, el('span.handle', icon('handle')));
		legend.replaceChildren(
			el('span', el('b', 'Original '), bytes(record.sizeOriginal)),
			el('span', el('b', 'Compressed '), bytes(record.sizeCompressed)),
		);
	};
	legend.replaceChildren('Loading the original …');
	withFreshUrls(before, record, (urls) => (before.src = urls.original), () => legend.replaceChildren('This is the compressed image; the original cannot be shown here.'));
}
