// What the API does to images, how to wait for it, and the addresses of their files.

import { address, request } from './api.js';
import { wait } from './dom.js';

/** Look again and again, ever more seldom, until something is found; undefined if nothing is in time. */
export async function eventually(look, seconds = Infinity) {
	const end = Date.now() + seconds * 1000;
	for (let pause = 600; Date.now() < end; pause = Math.min(pause * 1.3, 10_000)) {
		await wait(pause);
		const found = await look();
		if (found) return found;
	}
}

export const remove = (id) => request('DELETE', `images/${id}`);
export const reprocess = (id) => request('POST', `images/${id}/reprocess`);

/** Have up to 1,000 images deleted or compressed again. @returns the job, once it is over; `show` gets it meanwhile. */
export async function job(action, ids, show) {
	const { jobId } = await ask(action, ids);
	return eventually(async () => {
		const job = await request('GET', `jobs/${jobId}`);
		show(job);
		return job.state !== 'running' && job;
	});
}

/** @param options `keepalive` where the page is being left. */
export const ask = (action, ids, options) => request('POST', 'jobs', { body: { action, ids }, ...options });

/** Ask leave to upload `{key, contentType, size, replace}`. @returns a presigned POST: {imageId, key, url, fields}. */
export const ticket = (body) => request('POST', 'uploads', { body });

/** The lasting address of a file, which redirects to one of five minutes. */
export const fileAddress = (id, parameters) => address(`images/${id}/file`, parameters);

/** An address of five minutes that downloads a file. */
export async function download(id, variant) {
	const parameters = { variant, download: 'true', redirect: 'false' };
	return (await request('GET', `images/${id}/file`, { parameters })).url;
}
