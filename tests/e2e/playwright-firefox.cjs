// Playwright sets the colour scheme of each new page, for which Firefox ESR 153 has no command. This answers in its place.

const MISSING = 'emulation.setMediaFeaturesOverride';
const { parse } = JSON;

JSON.parse = (...text) => {
	const message = parse(...text);
	const isMissing = message?.error === 'unknown command' && message.message === MISSING;
	return isMissing ? { type: 'success', id: message.id, result: {} } : message;
};
