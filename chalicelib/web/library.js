// The images that have been listed so far.

import * as api from './api.js';
import { nameOf } from './format.js';
import { query } from './state.js';

const FIRST_PAGE = 40; // few, so that the first pictures show soon
const PAGE = 100;

/** Pages of records. Every change fires "change", and each page without a match fires "barren". */
export class Library extends EventTarget {
	records = [];
	phase = 'loading'; // then 'ready', 'complete' or 'error'
	error = null;

	#state = {};
	#cursor = null; // of the next page; null before the first and after the last
	#running = null;
	#removed = new Set();

	/** Whether the list shows all that has been asked for. */
	get isListed() {
		return this.phase === 'ready' || this.phase === 'complete';
	}

	open(state) {
		this.#running?.abort();
		this.#running = null;
		this.#state = state;
		this.#cursor = null;
		this.phase = 'loading';
		this.records = [];
		return this.more();
	}

	/** Load another page, unless one is being loaded, or it was the last. */
	async more() {
		if (this.#running || this.phase === 'complete') return;
		const running = new AbortController();
		this.#running = running;
		this.#enter('loading');
		let outcome = 'error';
		try {
			await this.#load(running.signal);
			outcome = this.#cursor ? 'ready' : 'complete';
		} catch (error) {
			this.error = error;
		}
		if (running.signal.aborted) return;
		this.#running = null;
		this.#enter(outcome);
	}

	async #load(signal) {
		let fresh = [];
		while (!fresh.length) { // a page of what few match may be empty, and not be the last
			const limit = this.#cursor ? PAGE : FIRST_PAGE;
			const { images, nextCursor } = await api.list({ ...query(this.#state), limit, cursor: this.#cursor }, signal);
			fresh = images.filter(({ imageId }) => !this.get(imageId) && !this.#removed.has(imageId));
			this.records.push(...fresh);
			this.#cursor = nextCursor;
			if (!nextCursor) return;
			if (!fresh.length) this.dispatchEvent(new Event('barren'));
		}
	}

	get(id) {
		return this.records.find((record) => record.imageId === id);
	}

	/** Take in records as they have become; a new one goes where its order puts it. */
	put(...records) {
		for (const record of records) {
			const wasListed = this.#removed.delete(record.imageId);
			const at = this.records.findIndex((other) => other.imageId === record.imageId);
			const place = at < 0 ? this.#placeOf(record, wasListed) : at;
			if (place !== null) this.records.splice(place, at < 0 ? 0 : 1, record);
		}
		this.#enter(this.phase);
	}

	remove(...ids) {
		ids.forEach((id) => this.#removed.add(id)); // the records themselves are deleted a little later
		this.records = this.records.filter(({ imageId }) => !ids.includes(imageId));
		this.#enter(this.phase);
	}

	/** Where a new record belongs among those loaded; null if it is filtered out, or further down than was loaded. */
	#placeOf(record, wasListed) {
		const { prefix, name: start, status, format, order, since, until } = query(this.#state);
		const text = ({ sourceKey }) => (start ? nameOf(sourceKey).toLowerCase() : sourceKey);
		if (!text(record).startsWith(start?.toLowerCase() || prefix || '') || (status && record.status !== status) || (format && record.format !== format) || record.resizedAt < since || record.resizedAt >= until) return null;
		const of = (each) => (!order || order === 'name' ? text(each) : each.resizedAt);
		const sign = order === 'newest' ? -1 : 1;
		const place = this.records.findIndex((other) => (of(other) > of(record) ? sign : -sign) > 0);
		if (place >= 0) return place;
		return this.#cursor && !wasListed ? null : this.records.length;
	}

	#enter(phase) {
		this.phase = phase;
		this.dispatchEvent(new Event('change'));
	}
}
