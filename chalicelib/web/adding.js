// Adding pictures: uploads, and the tray that shows them.

import { byId, el, panelStyles } from './dom.js';
import * as tray from './tray.js';
import { Uploads } from './uploads.js';

export async function connect(page) {
	await panelStyles();
	const uploads = new Uploads(Number(document.body.dataset.maxBytes));
	tray.connect(byId('tray'), uploads, page.openPicture);
	uploads.addEventListener('change', ({ detail }) => detail?.record && page.library.put(detail.record));
	addEventListener('beforeunload', (event) => {
		if (uploads.active.some((upload) => upload.state !== 'queued')) event.preventDefault();
	});

	/** Upload files into the folder that is looked at. */
	function add(files, fixed) {
		const before = uploads.all.length;
		uploads.add(files, page.folder(), fixed);
		uploads.all[before]?.row.scrollIntoView(); // the tray may have more rows than it shows
	}

	/** Let people pick the file that takes the place of a picture's original. */
	function replace({ sourceKey: key }, picked) {
		const picker = el('input', { type: 'file', accept: byId('files').accept });
		picker.onchange = () => {
			picked();
			add(picker.files, { key, replace: true });
		};
		picker.click();
	}

	return { add, replace, forget: (id) => uploads.forget(id) };
}
