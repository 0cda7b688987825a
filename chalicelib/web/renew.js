// New URLs for a picture whose own have ended.

import * as api from './api.js';

const PATIENCE = 60_000; // milliseconds: a picture that fails again sooner has another fault
const renewed = new WeakMap(); // when, by picture

export async function renew(picture, record, load, failed) {
	if (Date.now() - (renewed.get(picture) ?? 0) < PATIENCE) return failed();
	renewed.set(picture, Date.now());
	try {
		const { urls, srcset } = await api.image(record.imageId);
		Object.assign(record, { urls, srcset });
		load(record.urls);
	} catch {
		failed();
	}
}
