// What each day saved, as bars that lead to its pictures; each month, where there are many days. The sweep counts them, once a day.

import * as api from './api.js';
import { button } from './controls.js';
import { byId, el } from './dom.js';
import { bytes, count } from './format.js';
import { href } from './state.js';

const MOST_DAYS = 45;
const MOST_BARS = 60;
const SUMS = ['images', 'failures', 'bytesBefore', 'bytesAfter', 'bytesSaved'];
const styles = { day: { dateStyle: 'long' }, month: { month: 'long', year: 'numeric' } };

export async function connect(page) {
	const { groups = [] } = await api.stats('day').catch(() => ({}));
	const days = groups.filter(({ name }) => name);
	const bars = days.length > MOST_DAYS ? byMonth(days) : days;
	if (bars.length < 2) return;
	const highest = Math.max(...bars.map(({ bytesSaved }) => bytesSaved), 1);
	const links = bars.slice(-MOST_BARS).map((bar) => link(bar, highest));
	const all = button('All days', 'close', () => page.go({ period: '' }));
	const list = el('ol.bars', ...links.map((each) => el('li', each)));
	byId('aside').parentElement.append(el('nav.row', { 'aria-label': 'Days' }, list, all));

	function link(bar, highest) {
		const go = (event) => {
			if (event.ctrlKey || event.metaKey || event.shiftKey) return;
			event.preventDefault();
			page.go({ period: bar.name });
		};
		const { images, bytesBefore, bytesAfter, failures } = bar;
		const failed = failures ? `, ${count(failures, 'failure')}` : '';
		const label = `${nameOf(bar.name)}: ${count(images, 'picture')}, ${bytes(bytesBefore)} pressed into ${bytes(bytesAfter)}${failed}`;
		const result = el('a', { 'aria-label': label, title: label, 'data-period': bar.name, tabindex: -1, onclick: go });
		result.style.setProperty('--part', bar.bytesSaved / highest);
		return result;
	}

	// One of the bars is reached by Tab, the others by arrow keys.
	links.at(-1).tabIndex = 0;
	list.addEventListener('keydown', (event) => {
		const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
		const next = links[links.indexOf(document.activeElement) + step];
		if (!next) return;
		event.preventDefault();
		document.activeElement.tabIndex = -1;
		next.tabIndex = 0;
		next.focus();
	});

	function refresh() {
		const { period } = page.state;
		for (const each of links) {
			each.href = href({ ...page.state, period: each.dataset.period, image: '' });
			if (each.dataset.period === period) each.setAttribute('aria-current', 'date');
			else each.removeAttribute('aria-current');
		}
		all.hidden = !period;
	}
	page.library.addEventListener('change', refresh);
	refresh();
}

function byMonth(days) {
	const months = new Map();
	for (const day of days) {
		const name = day.name.slice(0, 7);
		const sums = months.get(name) ?? { name, ...Object.fromEntries(SUMS.map((sum) => [sum, 0])) };
		SUMS.forEach((sum) => (sums[sum] += day[sum]));
		months.set(name, sums);
	}
	return [...months.values()];
}

/** "2026-11" becomes "November 2026". */
function nameOf(period) {
	const style = period.length > 7 ? styles.day : styles.month;
	return new Intl.DateTimeFormat(undefined, { ...style, timeZone: 'UTC' }).format(new Date(period));
}
