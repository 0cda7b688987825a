// Files as people give them: which are pictures, and what they are called in the bucket.

import { bytes } from './format.js';

const KINDS = 'JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF, BMP and JPEG 2000';
const EXTENSIONS = {
	'image/jpeg': 'jpg jpeg jpe jfif mpo',
	'image/png': 'png apng',
	'image/webp': 'webp',
	'image/gif': 'gif',
	'image/avif': 'avif',
	'image/heic': 'heic heif',
	'image/tiff': 'tif tiff',
	'image/bmp': 'bmp',
	'image/jp2': 'jp2 j2k jpx',
};

/** The media type of a picture, by what the browser says or else by its name; undefined if it cannot be compressed. */
export function typeOf({ type, name }) {
	const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
	const types = Object.keys(EXTENSIONS);
	return types.find((each) => each === type) ?? types.find((each) => EXTENSIONS[each].split(' ').includes(extension));
}

export function refusal(file, maxBytes) {
	if (!typeOf(file)) return `Only ${KINDS} can be compressed.`;
	if (file.size === 0) return 'The file is empty.';
	return file.size > maxBytes ? `Too large: ${bytes(file.size)}, where ${bytes(maxBytes)} are allowed.` : '';
}

/** "a/cat.jpg" becomes "a/cat (2).jpg". */
export const numbered = (key, number) => key.replace(/(\.[^./]*)?$/, (extension) => ` (${number})${extension}`);

/** A key for a file: with composed letters, however its system writes an ü. The clipboard's pictures are all called image.png. */
export function keyFor(file, folder) {
	const name = file.name === 'image.png' ? `pasted ${new Date().toISOString().slice(0, 19).replaceAll(':', '.')}.png` : file.name;
	return (folder + name).normalize('NFC');
}
