// The picture that the address names, in large: which one it is, and where its neighbours and its deletion lead.

import * as api from './api.js';
import { byId } from './dom.js';
import { refocus } from './focus.js';
import { toast } from './toast.js';
import * as viewing from './viewer.js';

export function connect(page) {
	const { library } = page;
	const viewer = viewing.connect(byId('viewer'), {
		move,
		canMove: neighbour,
		closed,
		deleted,
		changed: (record) => library.put(record),
		visit: (prefix) => {
			page.go({ prefix, status: '', format: '', image: '' });
			viewer.hide();
		},
		replace: async (record) => (await page.uploads())?.replace(record, () => viewer.hide()),
	});
	library.addEventListener('change', viewer.refresh);

	async function show() {
		const { image } = page.state;
		if (!image) return viewer.hide();
		try {
			const record = library.get(image) ?? (await api.image(image));
			if (page.state.image === image) viewer.show(record);
		} catch (error) {
			const isGone = error.status === 404;
			toast(isGone ? 'This picture is not there any more.' : error.message, { isError: true });
			if (page.state.image === image) page.leave();
			if (isGone) deleted(image);
		}
	}

	function neighbour(step) {
		const at = library.records.findIndex((record) => record.imageId === page.state.image);
		return at < 0 ? undefined : library.records[at + step];
	}

	function move(step) {
		page.openPicture(neighbour(step).imageId, true);
		if (!neighbour(3)) page.more();
	}

	async function deleted(id) {
		if (page.state.image === id) { // else, another has been opened meanwhile
			const step = [1, -1].find(neighbour);
			if (step) move(step);
			else viewer.hide();
		}
		library.remove(id);
		(await page.uploads())?.forget(id);
	}

	function closed() {
		const last = page.state.image;
		if (!last) return;
		page.leave();
		if (!page.grid.focus(last)) refocus();
	}

	return { show };
}
