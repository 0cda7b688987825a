// The bearer token, where the API asks for one: kept for this tab alone, and forgotten with it.

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
	const { prompt: ask } = await import('./token.js');
	const given = await ask(refused, auth === 'cognito');
	if (given) sessionStorage.setItem(NAME, given);
	return given;
}
