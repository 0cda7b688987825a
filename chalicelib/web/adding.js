// Adding pictures: uploads, and the tray that shows them.

import { byId, el } from './dom.js';
import { toast } from './toast.js';
import * as tray from './tray.js';
import { Uploads } from './uploads.js';

export function connect(page) {
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
		if (page.folder() && uploads.all[before] && !fixed) toast(`New pictures go into ${page.folder()}`);
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

	document.onpaste = ({ target, clipboardData }) => target.matches?.('input') || add(clipboardData.files);

	function dragging(event, isOver) {
		if (!event.dataTransfer.types.includes('Files')) return;
		event.preventDefault();
		byId('drop').hidden = !isOver;
		byId('drop-folder').textContent = page.folder() && ` into ${page.folder()}`;
	}
	ondragstart = () => false; // or the page's own pictures could be dropped onto it
	ondragenter = ondragover = (event) => dragging(event, true);
	ondragleave = (event) => dragging(event, event.relatedTarget); // none, where it leaves the page
	ondrop = (event) => {
		dragging(event, false);
		add(event.dataTransfer.files);
	};

	return { add, replace, forget: (id) => uploads.forget(id) };
}
