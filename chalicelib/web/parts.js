// The parts of the page that are loaded when they are needed, with the styles of what is seen later than the first pictures.

import { el } from './dom.js';

const MODULES = {
	bulk: () => import('./bulk.js'),
	crumbs: () => import('./crumbs.js'),
	gestures: () => import('./gestures.js'),
	menu: () => import('./menu.js'),
	news: () => import('./news.js'),
	notices: () => import('./notices.js'),
	picture: () => import('./picture.js'),
	timeline: () => import('./timeline.js'),
	totals: () => import('./totals.js'),
	uploads: () => import('./adding.js'),
};
const parts = new Map();

/** Load a part, once. @returns undefined if it cannot be loaded now. */
export async function load(name, page, isQuiet) {
	const [module] = await Promise.all([MODULES[name](), panelStyles()]).catch(() => []);
	if (module && !parts.has(name)) parts.set(name, module.connect(page));
	if (!module && !isQuiet) {
		const { toast } = await import('./toast.js');
		toast('This part of the page cannot be loaded now. Try again.', { isError: true });
	}
	return module && parts.get(name);
}

let sheet = null;

/** Load the styles of what is seen later than the first pictures, once. */
export function panelStyles() {
	sheet ??= new Promise((resolve, reject) => {
		const fail = () => {
			sheet = null;
			reject(new Error('The styles cannot be loaded.'));
		};
		document.head.append(el('link', { rel: 'stylesheet', href: new URL('panels.css', import.meta.url), onload: resolve, onerror: fail }));
	});
	return sheet;
}
