// The grid: rows of pictures of one height, in the order of the library.

import * as api from './api.js';
import { el, icon, paint } from './dom.js';
import { bytes, formatName, nameOf, saved } from './format.js';
import { href } from './state.js';

const ROW_HEIGHT = 240; // pixels, as in style.css

/** Show records within `list`, keeping the cards of those that are there already. */
export function show(list, records, state, isLoading) {
	const kept = new Map([...list.children].map((card) => [card.record, card]));
	const cards = records.map((record) => kept.get(record) ?? cardOf(record));
	cards.forEach((card, index) => {
		card.firstChild.href = href({ ...state, image: records[index].imageId });
	});
	if (isLoading) cards.push(...Array.from({ length: records.length ? 4 : 10 }, skeleton));
	cards.forEach((card, index) => {
		if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
	});
	while (list.children.length > cards.length) list.lastChild.remove();
	list.setAttribute('aria-busy', isLoading);
}

const skeleton = () => el('li.card.skeleton', { 'aria-hidden': 'true' });

function cardOf(record) {
	const name = nameOf(record.sourceKey);
	const link = el('a');
	const card = el('li.card', { 'data-id': record.imageId, title: record.sourceKey }, link);
	card.record = record;
	if (record.status === 'failed') {
		card.classList.add('failed');
		link.append(icon('alert'), el('strong', name), el('span', ` Not compressed: ${record.error.message}`));
		return card;
	}
	const { sizeOriginal: before, sizeCompressed: after } = record;
	card.style.setProperty('--ratio', Math.min(3, Math.max(0.5, record.width / record.height)));
	link.append(
		thumbnail(record),
		el('span.name', name),
		el('span.hidden', ` ${formatName(record.format)}, ${bytes(before)} to ${bytes(after)} `),
	);
	const gain = saved(before, after);
	if (gain) link.append(el('span.gain', `−${gain}%`));
	return card;
}

function thumbnail(record) {
	const { width, height, renditions } = record;
	const picture = el('img', { alt: '', loading: 'lazy', decoding: 'async', width, height });
	paint(picture, record);
	withFreshUrls(picture, record, (urls) => {
		const smaller = Object.entries(renditions ?? {}).filter(([name, size]) => urls[name] && size.width < width);
		picture.sizes = `${Math.round((width / height) * ROW_HEIGHT)}px`;
		picture.srcset = [...smaller, ['compressed', record]].map(([name, size]) => `${urls[name]} ${size.width}w`).join(', ');
	}, () => picture.removeAttribute('srcset')); // or a broken picture would be drawn over the placeholder
	return picture;
}

/** Have `load` set an image's source from its record's URLs; and from new ones if it fails, since they end after five minutes. */
export function withFreshUrls(picture, record, load, failed = () => {}) {
	let renewed = 0;
	picture.addEventListener('error', async () => {
		if (Date.now() - renewed < 60_000) return failed();
		renewed = Date.now();
		try {
			record.urls = (await api.image(record.imageId)).urls;
			load(record.urls);
		} catch {
			failed();
		}
	});
	load(record.urls);
}
