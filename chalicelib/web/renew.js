// New URLs for a picture whose own have ended.

import * as api from './api.js';

const PATIENCE = 60_000; // milliseconds: a picture that fails again sooner has another fault
const renewed = new WeakMap(); // when, by picture

export async function renew(picture, record, load, failed) {
	if (Date.now() - (renewed.get(picture) ?? 0) < PATIENCE) return failed();
	renewed.set(picture, Date.now());
	try {
		record.urls = (await api.image(record.imageId)).urls;
		load(record.urls);
	} catch {
		failed();
	}
}
