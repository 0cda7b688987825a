// What a tile says of a picture that could not be compressed.

import { advice } from './advice.js';
import { icon } from './controls.js';
import { el } from './dom.js';

export function explain(link, label, { error }) {
	const { text } = advice(error);
	link.prepend(icon('alert'));
	link.append(el('span.reason', text));
	link.ariaLabel = `${label} Not compressed: ${text}`;
}
