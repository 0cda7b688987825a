// What is said when something could not be done.

import { button } from './controls.js';
import * as session from './session.js';
import { toast } from './toast.js';

/** Show why something failed; where a token may not do it, offer to give another. */
export function complain(error) {
	const change = () => session.another(session.token());
	toast(error.message, { isError: true, action: error.code === 'forbidden' && button('Change token', null, change) });
}
