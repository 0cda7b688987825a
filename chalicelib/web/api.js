// The REST API of this very app; its root is the page's <base>.

import { wait } from './dom.js';
import * as session from './session.js';

const ATTEMPTS = 4;
const SLOWEST = 30_000; // milliseconds: API Gateway ends a request before

export function address(path, parameters = {}) {
	const url = new URL(path, document.baseURI);
	for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
	return url.href;
}

export async function request(method, path, { parameters, body, signal, keepalive } = {}) {
	for (let attempt = 1; ; attempt += 1) {
		const token = session.token();
		const answer = await send(method, address(path, parameters), token, { body, signal, keepalive });
		if (answer.ok) return answer.json();
		if (answer.status === 401 && (await session.another(token))) continue;
		const isPassing = answer.status === 429 || (method === 'GET' && answer.status >= 500);
		if (!isPassing || attempt === ATTEMPTS) throw await problem(answer);
		await wait(2 ** attempt * 150 * (1 + Math.random()));
	}
}

async function send(method, url, token, { body, signal, keepalive }) {
	const headers = body ? { 'Content-Type': 'application/json' } : {};
	if (token) headers.Authorization = `Bearer ${token}`;
	try {
		const signals = [signal, AbortSignal.timeout(SLOWEST)].filter(Boolean);
		return await fetch(url, { method, headers, keepalive, signal: AbortSignal.any(signals), body: body && JSON.stringify(body) });
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new Error(navigator.onLine ? 'The API does not answer.' : 'You are offline.');
	}
}

/** An error with a sentence for people, the answer's `status` and the problem's `code`. */
async function problem(answer) {
	const { code, detail, message } = await answer.json().catch(() => ({}));
	let text = detail ?? message ?? `The API answered ${answer.status}.`;
	if (session.auth === 'iam' && answer.status === 403) text = 'This API takes requests signed with AWS credentials, which a page cannot make: use a client that does.';
	return Object.assign(new Error(text), { status: answer.status, code });
}

/** Every record comes with presigned URLs of its files, as `urls`. */
export const list = (parameters, signal) => request('GET', 'images', { parameters: { ...parameters, urls: 'true' }, signal });
export const image = (id) => request('GET', `images/${encodeURIComponent(id)}`, { parameters: { urls: 'true' } });

export const stats = (by) => request('GET', 'stats', { parameters: { by } });
