// The buttons and keys for the page itself: its theme, its help, its search, its token; and the banner without a connection.

import { isForOthers } from './controls.js';
import { byId } from './dom.js';
import * as session from './session.js';
import { apply, theme } from './theme.js';

const THEMES = ['auto', 'light', 'dark'];

export function connect({ library }) {
	const button = byId('theme');
	const name = () => (button.title = button.ariaLabel = `Theme: ${theme()}`);
	button.onclick = () => {
		localStorage.setItem('imagepress-theme', THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
		apply();
		name();
	};
	name();

	const help = async () => (await import('./help.js')).show();
	byId('help').onclick = help;
	document.addEventListener('keydown', (event) => {
		if (isForOthers(event)) return;
		if (event.key === '?') help();
		if (event.key !== '/') return;
		event.preventDefault();
		byId('filters').elements.prefix.focus();
	});

	byId('forget').onclick = () => {
		session.forget();
		location.assign(location.pathname);
	};

	const showOffline = () => (byId('offline').hidden = navigator.onLine);
	onoffline = showOffline;
	ononline = () => {
		showOffline();
		if (library.phase === 'error') library.more();
	};
	showOffline();
}
