// The colours that people chose: auto, light or dark. It runs before the page is drawn.

const SCHEMES = ['light', 'dark'];

export const theme = () => localStorage.getItem('imagepress-theme') ?? 'auto';

export function apply() {
	const isAuto = theme() === 'auto';
	document.documentElement.style.colorScheme = isAuto ? '' : theme();
	document.querySelectorAll('meta[name="theme-color"]').forEach((meta, at) => {
		const isChosen = theme() === SCHEMES[at];
		meta.media = isAuto ? `(prefers-color-scheme: ${SCHEMES[at]})` : isChosen ? 'all' : 'not all';
	});
}

apply();
