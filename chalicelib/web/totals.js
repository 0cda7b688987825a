// The headline: how many pictures there are, and how much they have been pressed.

import * as api from './api.js';
import { byId, el } from './dom.js';
import { bytes, count, number, percent, saved } from './format.js';

const MOTTO = ['Every picture, ', el('b', 'a little lighter'), '.'];

export function connect(page) {
	let totalling = 0;
	function refresh() {
		if (!page.library.isListed) return;
		clearTimeout(totalling);
		totalling = setTimeout(() => api.stats().then(showTotals, missTotals), 150);
	}

	/** Without totals, keep the last ones; before there are any, say so in place of an empty headline. */
	function missTotals() {
		if (byId('totals').textContent.trim()) return;
		byId('totals').replaceChildren(...MOTTO);
		byId('aside').textContent = 'The totals are not available now';
	}

	function showTotals({ images, failures, bytesBefore, bytesAfter }) {
		const sentence = images
			? [count(images, 'picture'), ': ', bytes(bytesBefore), ' pressed into ', el('b', bytes(bytesAfter)), '.']
			: MOTTO;
		byId('totals').replaceChildren(...sentence);
		byId('aside').textContent = images ? `${percent(saved(bytesBefore, bytesAfter))} saved` : 'Upload, and see what is saved';
		byId('failures').hidden = !failures;
		byId('failures').textContent = `${number(failures)} failed`;
	}
	byId('failures').onclick = () => page.go({ status: 'failed' });

	page.library.addEventListener('change', refresh);
	refresh();
}
