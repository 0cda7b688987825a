// What is known of a picture: what was saved, its details, its files, and how to refer to it.

import * as actions from './actions.js';
import { complain } from './complain.js';
import { button, icon } from './controls.js';
import { el } from './dom.js';
import { bytes, folderOf, formatName, percent, saved } from './format.js';
import { links } from './links.js';
import * as session from './session.js';
import { href, read } from './state.js';
import { toast } from './toast.js';

const times = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const formatTime = (iso) => times.format(new Date(iso));

/** @param visit goes to a folder. */
export const facts = (record, visit) => [record.width && copies(record), details(record, visit), downloads(record)];

export function gain({ width, sizeOriginal, sizeCompressed }) {
	if (!width) return null;
	return el('p.big', el('b.good', `${percent(saved(sizeOriginal, sizeCompressed))} saved`), el('br'), `${bytes(sizeOriginal)} → ${bytes(sizeCompressed)}`);
}

function copies(record) {
	const each = Object.entries(links(record)).map(([name, text]) => button(name, null, () => copy(name, text), { 'aria-label': `Copy ${name}` }));
	return el('div', el('h3', 'Copy'), el('div.row', ...each));
}

async function copy(name, text) {
	try {
		await navigator.clipboard.writeText(text);
		toast(session.auth === 'none' ? `${name} copied.` : `${name} copied. Its address asks for the token, too.`);
	} catch {
		toast(`The browser does not let this page copy ${text}`);
	}
}

function details(record, visit) {
	const { sourceKey, width, height, originalWidth, originalHeight, capturedAt } = record;
	const folder = folderOf(sourceKey);
	const follow = (event) => {
		event.preventDefault();
		visit(folder);
	};
	const rows = {
		Folder: folder && el('a', { href: href({ ...read(), prefix: folder, image: '' }), onclick: follow }, folder),
		Key: sourceKey,
		Compressed: width && `${formatName(record.format)}, ${width} × ${height}`,
		Original: originalWidth && `${formatName(record.originalFormat)}, ${originalWidth} × ${originalHeight}`,
		Taken: capturedAt && formatTime(capturedAt),
		[width ? 'Compressed on' : 'Tried on']: formatTime(record.resizedAt),
		Id: record.imageId,
	};
	return el('dl', ...Object.entries(rows).map(([term, value]) => value && el('div', el('dt', term), el('dd', value))));
}

function downloads(record) {
	const variants = { compressed: record, original: { sizeCompressed: record.sizeOriginal }, ...record.renditions };
	if (!record.width) delete variants.compressed;
	const links = Object.entries(variants).map(([variant, { sizeCompressed: size }]) => el('li', link(record, variant, size)));
	return el('div', el('h3', 'Download'), el('ul', ...links));
}

function link({ imageId }, variant, size) {
	const follow = async (event) => {
		event.preventDefault(); // a link carries no token
		try {
			location.assign(await actions.download(imageId, variant));
		} catch (error) {
			complain(error);
		}
	};
	return el('a', { href: actions.fileAddress(imageId, { variant, download: 'true' }), onclick: follow }, icon('download'), el('span', variant), el('small', bytes(size)));
}
