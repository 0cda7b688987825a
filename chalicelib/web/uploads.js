// Uploads: each file goes to S3 by itself, a few at once, and is then watched until it has a record.

import { ticket } from './actions.js';
import { advice } from './advice.js';
import { list } from './api.js';
import { wait } from './dom.js';
import { keyFor, numbered, refusal, typeOf } from './files.js';

const AT_ONCE = 3;
const LAST_NUMBER = 99;
const WATCH_SECONDS = 180; // of an upload, for its record
const SHORTEST = 600; // milliseconds between two looks for records
const LONGEST = 3_000;
const PAGE = 100; // records in a request
const TAKEN = 'There is a picture of this name.';
const UNKNOWN = 'Sent, but not compressed after three minutes. It may be left out, or still wait for its turn.';
const ACTIVE = ['waiting', 'sending', 'queued'];
const NAMED = [...ACTIVE, 'compressed', 'failed'];

/** All uploads of this page. Each change fires "change" with the upload as its detail. */
export class Uploads extends EventTarget {
	// Each has a file, a key and a state: refused, waiting, sending (with its progress), clash (the name is taken), queued,
	// compressed or failed (with its record), unknown (without one), broken (to be retried), cancelled.
	all = [];
	#maxBytes;
	#pause = 0; // before the next look for records

	constructor(maxBytes) {
		super();
		this.#maxBytes = maxBytes;
	}

	get active() {
		return this.all.filter(({ state }) => ACTIVE.includes(state));
	}

	get clashes() {
		return this.all.filter(({ state }) => state === 'clash');
	}

	/** @param fixed the `key` of a picture to `replace`, if it is not to be the file's name. */
	add(files, folder, fixed) {
		for (const file of files) {
			const upload = { file, key: keyFor(file, folder), replace: false, progress: 0, ...fixed };
			const reason = refusal(file, this.#maxBytes);
			this.all.push(upload);
			if (reason) this.#become(upload, 'refused', reason);
			else if (upload.replace) this.overwrite(upload);
			else if (this.#isTaken(upload)) this.#become(upload, 'clash', TAKEN);
			else this.#become(upload, 'waiting');
		}
		this.#pump();
	}

	cancel(upload, reason = 'Cancelled') {
		upload.abort?.abort();
		this.#become(upload, 'cancelled', reason);
	}

	retry(upload) {
		this.#become(upload, 'waiting');
		this.#pump();
	}

	overwrite(upload) {
		const others = this.active.filter(({ key }) => key === upload.key);
		others.forEach((other) => this.cancel(other, 'Replaced'));
		upload.replace = true;
		this.retry(upload);
	}

	keepBoth(upload) {
		Object.assign(upload, { wanted: upload.key, number: 1 });
		this.#rename(upload);
		this.retry(upload);
	}

	/** Offer a picture no more, since it was deleted. */
	forget(id) {
		for (const upload of this.all.filter(({ record }) => record?.imageId === id)) {
			upload.record = null;
			this.cancel(upload, 'Deleted');
		}
	}

	#isTaken(upload) {
		return this.all.some((other) => other !== upload && other.key === upload.key && NAMED.includes(other.state));
	}

	#rename(upload) {
		do {
			upload.number += 1;
			upload.key = numbered(upload.wanted, upload.number);
		} while (this.#isTaken(upload));
	}

	#pump() {
		while (this.all.filter(({ state }) => state === 'sending').length < AT_ONCE) {
			const next = this.all.find(({ state }) => state === 'waiting');
			if (!next) return;
			this.#send(next).finally(() => this.#pump());
		}
	}

	async #send(upload) {
		upload.abort = new AbortController();
		upload.progress = 0;
		this.#become(upload, 'sending');
		const { signal } = upload.abort;
		try {
			const form = await this.#ticket(upload);
			if (signal.aborted) return;
			upload.imageId = form.imageId;
			upload.etag = await post(form, upload.file, signal, (progress) => {
				upload.progress = progress;
				this.#notify(upload);
			});
		} catch (error) {
			if (signal.aborted) return;
			if (error.code === 'already-exists') this.#become(upload, 'clash', TAKEN);
			else this.#become(upload, error.status === 400 ? 'refused' : 'broken', error.message);
			return;
		}
		this.watch(upload);
	}

	async #ticket(upload) {
		const { file, replace } = upload;
		for (;;) {
			try {
				return await ticket({ key: upload.key, contentType: typeOf(file), size: file.size, replace });
			} catch (error) {
				if (error.code !== 'already-exists' || !upload.number || upload.number === LAST_NUMBER) throw error;
				this.#rename(upload);
			}
		}
	}

	/** Wait for the record of what was sent. */
	watch(upload) {
		const isFollowing = this.#queued.length > 0;
		upload.until = Date.now() + WATCH_SECONDS * 1000;
		this.#pause = SHORTEST;
		this.#become(upload, 'queued');
		if (!isFollowing) this.#follow();
	}

	get #queued() {
		return this.all.filter(({ state }) => state === 'queued');
	}

	/** Look for the records of all that is queued, many with one request. */
	async #follow() {
		while (this.#queued.length) {
			await wait(this.#pause);
			this.#pause = Math.min(this.#pause * 1.3, LONGEST);
			const looked = this.#queued.slice(0, PAGE);
			if (looked.length) await this.#look(looked);
		}
	}

	async #look(uploads) {
		let found = [];
		let reason = '';
		try {
			found = (await list({ ids: uploads.map(({ imageId }) => imageId).join(',') })).images;
		} catch (error) {
			if (!isPassing(error)) reason = `Sent, but not followed: ${error.message}`;
		}
		for (const upload of uploads.filter(({ state }) => state === 'queued')) {
			const { imageId, etag, until } = upload;
			const record = found.find((each) => each.imageId === imageId && (!etag || each.sourceETag === etag));
			if (record) {
				upload.record = record;
				this.#become(upload, record.status, record.error && advice(record.error).text);
			} else if (reason) {
				this.#become(upload, 'refused', reason);
			} else if (Date.now() > until) {
				this.#become(upload, 'unknown', UNKNOWN);
			}
		}
	}

	#become(upload, state, reason = '') {
		Object.assign(upload, { state, reason });
		this.#notify(upload);
	}

	#notify(detail) {
		this.dispatchEvent(new CustomEvent('change', { detail }));
	}
}

/** Whether the API or the connection may only be missing for a while. */
const isPassing = ({ status }) => status === undefined || status >= 500 || status === 429;

/** Send a file by a presigned POST; fetch reports no progress. @returns its ETag, if S3 gives it. */
function post({ url, fields }, file, signal, onProgress) {
	const form = new FormData();
	for (const [name, value] of Object.entries({ ...fields, file })) form.append(name, value);
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		const fail = (message) => reject(new Error(message));
		request.open('POST', url);
		request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
		request.onerror = () => fail('The connection broke off, or S3 takes no uploads from this page.');
		request.onload = () => {
			if (request.status < 300) resolve(request.getResponseHeader('ETag'));
			else fail(`S3 refused it: ${request.responseText.match(/<Message>([^<]+)/)?.[1] ?? request.status}`);
		};
		signal.onabort = () => request.abort();
		request.onabort = () => fail('Cancelled');
		request.send(form);
	});
}
