// Where the focus goes when what had it is gone.

/** Give the focus, where what had it goes, to a successor, or else to the name of the open picture or to the list. */
export function refocus(successor) {
	const place = successor ?? document.querySelector('.viewer[open] h2') ?? document.querySelector('main');
	place.focus({ preventScroll: !successor });
}
