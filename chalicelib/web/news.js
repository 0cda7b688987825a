// Pictures that others add or change while the page is open: looked for every few seconds, while people can see it.

import * as api from './api.js';
import { wait } from './dom.js';

const PAUSE = 8_000; // milliseconds
const EVER = '2000-01-01'; // before any record

export function connect({ library }) {
	let since = null; // when the newest record that is known was written

	async function look() {
		const isFar = scrollY > innerHeight; // what people look at would move
		if (document.hidden || isFar || !navigator.onLine || !library.isListed) return;
		if (!since) {
			since = (await api.list({ limit: 1 })).images[0]?.resizedAt ?? EVER;
			return;
		}
		const { images } = await api.list({ since, order: 'oldest', limit: 100 });
		const fresh = images.filter(({ imageId, resizedAt }) => library.get(imageId)?.resizedAt !== resizedAt && resizedAt > since);
		since = images.at(-1)?.resizedAt ?? since;
		if (fresh.length) library.put(...fresh);
	}

	(async () => {
		for (;;) {
			await look().catch(() => {}); // the next look may succeed
			await wait(PAUSE);
		}
	})();
}
