// The question for the API's token.

import { ask } from './ask.js';
import { el } from './dom.js';

/** Ask for a token. @param refused the one that was not accepted. @returns '' if the person gives none. */
export async function prompt(refused, isCognito) {
	const input = el('input', { type: 'password', autocomplete: 'off', required: true, autofocus: true, 'aria-describedby': 'token-help' });
	const content = [
		el('p', { id: 'token-help' }, `Enter the API’s token${isCognito ? ', your ID token' : ''}. It stays in this tab, until you close it or forget it.`),
		refused && el('p.bad', { role: 'alert' }, 'The one you gave is not accepted here: it is mistyped, has ended, or may do less.'),
		el('label', 'Token', input),
	];
	const title = refused ? 'Another token is needed' : 'This gallery is private';
	const isGiven = await ask(title, content, 'Not now', 'Open the gallery');
	return isGiven ? input.value.trim() : '';
}
