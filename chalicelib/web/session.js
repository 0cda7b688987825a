// The bearer token, where the API asks for one: kept for this tab alone, and forgotten with it.

import { el } from './dom.js';

const NAME = 'imagepress-token';
export const auth = document.body.dataset.auth;

let asking = null; // one question for all requests that wait for its answer

export const token = () => sessionStorage.getItem(NAME);
export const forget = () => sessionStorage.removeItem(NAME);

/** Ask for another token than the one that was refused (null if none was sent). @returns '' if the person gives none. */
export async function another(refused) {
	if (token() && token() !== refused) return token();
	asking ??= prompt(refused).finally(() => {
		asking = null;
	});
	return asking;
}

async function prompt(refused) {
	const input = el('input', { type: 'password', autocomplete: 'off', required: true, autofocus: true, 'aria-describedby': 'token-help' });
	const content = [
		el('p', { id: 'token-help' }, `Enter the API’s token${auth === 'cognito' ? ', your ID token' : ''}. It stays in this tab, until you close it or forget it.`),
		refused && el('p.bad', { role: 'alert' }, 'The one you gave is not accepted here: it is mistyped, has ended, or may do less.'),
		el('label', 'Token', input),
	];
	const title = refused ? 'Another token is needed' : 'This gallery is private';
	const { ask } = await import('./ask.js');
	const isGiven = await ask(title, content, 'Not now', 'Open the gallery');
	const given = isGiven ? input.value.trim() : '';
	if (given) sessionStorage.setItem(NAME, given);
	return given;
}
