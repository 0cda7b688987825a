// A question in a dialog of its own.

import { button } from './controls.js';
import { el } from './dom.js';
import { refocus } from './focus.js';
import { panelStyles } from './parts.js';

/** Ask something; `yes` and `no` are the buttons' labels. @returns {Promise<boolean>} */
export async function ask(title, content, no, yes, kind = '') {
	await panelStyles();
	const refuse = button(no, null, () => dialog.close(), { autofocus: true });
	const agree = button(yes, null, () => {}, { kind: `.primary${kind}`, type: 'submit', value: 'yes' });
	const form = el('form', { method: 'dialog' }, el('h2', { id: 'ask-title' }, title), content, el('div.row', refuse, agree));
	const dialog = el('dialog.ask', { 'aria-labelledby': 'ask-title' }, form);
	document.body.append(dialog);
	dialog.showModal();
	return new Promise((resolve) => {
		dialog.addEventListener('close', () => {
			dialog.remove();
			if (document.activeElement === document.body) refocus(); // what had it before is gone
			resolve(dialog.returnValue === 'yes');
		});
	});
}
