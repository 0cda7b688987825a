// How other pages refer to a picture: by its address, in Markdown, and in HTML with a srcset of its renditions.

import { fileAddress } from './actions.js';
import { nameOf } from './format.js';

/** @returns the text of each kind. */
export function links({ imageId, sourceKey, width, height, renditions = {} }) {
	const url = fileAddress(imageId);
	const alt = nameOf(sourceKey).replace(/\.[^.]*$/, '');
	const smaller = Object.entries(renditions).filter(([, size]) => size.width < width);
	const candidates = smaller.map(([variant, size]) => `${fileAddress(imageId, { variant })} ${size.width}w`);
	const srcset = candidates.length && { srcset: [...candidates, `${url} ${width}w`].join(', '), sizes: `(max-width: ${width}px) 100vw, ${width}px` };
	return {
		URL: url,
		Markdown: `![${alt.replace(/[[\]\\]/g, '\\$&')}](${url})`,
		HTML: html({ src: url, ...srcset, width, height, alt, loading: 'lazy' }),
	};
}

function html(attributes) {
	const escape = (value) => String(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
	return `<img ${Object.entries(attributes).map(([name, value]) => `${name}="${escape(value)}"`).join(' ')}>`;
}
