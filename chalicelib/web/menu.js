// The buttons and keys for the page itself: its theme, its help, its search, its token; and the banner without a connection.

import { isForOthers } from './controls.js';
import { byId } from './dom.js';
import * as session from './session.js';
import { apply, theme } from './theme.js';

const THEMES = ['auto', 'light', 'dark'];

/** @returns what the buttons of the header do, by their id. */
export function connect({ library }) {
	const name = () => {
		const button = byId('theme');
		button.title = button.ariaLabel = `Theme: ${theme()}`;
	};
	name();

	async function help() {
		(await import('./help.js')).show();
	}
	document.addEventListener('keydown', (event) => {
		if (isForOthers(event)) return;
		if (event.key === '?') help();
		if (event.key !== '/') return;
		event.preventDefault();
		byId('filters').elements.prefix.focus();
	});

	const showOffline = () => (byId('offline').hidden = navigator.onLine);
	onoffline = showOffline;
	ononline = () => {
		showOffline();
		if (library.phase === 'error') library.more();
	};
	showOffline();

	return {
		help,
		theme() {
			localStorage.setItem('imagepress-theme', THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
			apply();
			name();
		},
		forget() {
			session.forget();
			location.assign(location.pathname);
		},
	};
}
