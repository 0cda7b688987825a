// The bearer token, where the API asks for one: kept for this tab alone, and forgotten with it.

import { ask, byId, button, el } from './dom.js';

const NAME = 'imagepress-token';
export const auth = document.body.dataset.auth;

let asking = null; // one question for all requests that wait for its answer

export const token = () => sessionStorage.getItem(NAME);
export const forget = () => sessionStorage.removeItem(NAME);

/** Ask for another token than the one that was refused (null where none was sent). @returns '' if nobody gives one. */
export async function another(refused) {
	if (token() && token() !== refused) return token();
	asking ??= prompt(refused).finally(() => {
		asking = null;
	});
	return asking;
}

async function prompt(refused) {
	const dialog = byId('token');
	const input = el('input', { id: 'token-input', type: 'password', autocomplete: 'off', required: true, autofocus: true, 'aria-describedby': 'token-help' });
	const form = el(
		'form',
		el('h2', { id: 'token-title' }, refused ? 'Another token is needed' : 'This gallery is private'),
		el('p', { id: 'token-help' }, `Enter the API’s token${auth === 'cognito' ? ', your ID token' : ''}. It stays in this tab, until you close it or forget it.`),
		refused && el('p.bad', { role: 'alert' }, 'The one you gave is not accepted here: it is mistyped, has ended, or may do less.'),
		el('label', { for: 'token-input' }, 'Token'),
		input,
		el('div.row', button('Not now', null, () => dialog.close()), button('Open the gallery', null, () => {}, { kind: '.primary', type: 'submit' })),
	);
	form.addEventListener('submit', (event) => {
		event.preventDefault();
		dialog.close(input.value.trim());
	});
	const given = await ask(dialog, form);
	if (given) sessionStorage.setItem(NAME, given);
	return given;
}
