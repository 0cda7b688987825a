// One picture in the grid.

import { el, paint } from './dom.js';
import { bytes, folderOf, formatName, nameOf, percent, saved } from './format.js';

export const skeleton = () => el('li.card.skeleton', { 'aria-hidden': 'true' });

/**
 * @param folder the one that is looked at; other folders are named.
 * @param prepared when to load what is not a picture.
 */
export function newTile(record, folder, prepared) {
	const name = nameOf(record.sourceKey);
	const elsewhere = folderOf(record.sourceKey) !== folder && folderOf(record.sourceKey);
	const place = elsewhere ? { 'data-folder': elsewhere } : {};
	const label = elsewhere ? `${name} in ${elsewhere}` : name;
	const link = el('a');
	const check = el('input.check', { type: 'checkbox', 'aria-label': `Select ${name}` });
	const tile = el('li.card', { 'data-id': record.imageId, title: record.sourceKey }, link, check);
	if (record.status === 'failed') {
		tile.classList.add('failed');
		link.append(el('strong.name', place, name));
		prepared.then(() => import('./failed.js')).then(({ explain }) => explain(link, label, record), () => {}); // offline, the name alone is shown
		return tile;
	}
	const { sizeOriginal: before, sizeCompressed: after } = record;
	const share = saved(before, after);
	const gain = share ? `−${percent(share)}` : 'already small';
	link.append(thumbnail(record), el('span.name', place, name), el(share ? 'span.gain' : 'span.gain.none', gain));
	link.ariaLabel = `${label} ${formatName(record.format)}, ${bytes(before)} to ${bytes(after)} ${gain}`;
	return tile;
}

function thumbnail(record) {
	const { width, height } = record;
	const picture = el('img', { alt: '', loading: 'lazy', decoding: 'async', width, height });
	paint(picture, record);
	withFreshUrls(picture, record, () => (picture.srcset = record.srcset), () => picture.removeAttribute('srcset')); // or a broken picture would be drawn over the placeholder
	return picture;
}

/** Have `load` set an image's source from its record's URLs; and from new ones if it fails, since they end after five minutes. */
export function withFreshUrls(picture, record, load, failed = () => {}) {
	picture.addEventListener('error', async () => (await import('./renew.js')).renew(picture, record, load, failed));
	load(record.urls);
}
