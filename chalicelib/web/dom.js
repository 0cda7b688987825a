// Elements.

export const byId = (id) => document.getElementById(id);
export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Make an element: el('p.bad', {id: 'why'}, 'No.'). Of its attributes, functions are listeners, true needs no value, and false is left out. */
export function el(kind, ...children) {
	const [tag, ...classes] = kind.split('.');
	const element = document.createElement(tag);
	if (classes.length) element.className = classes.join(' ');
	const isPlain = children[0]?.constructor === Object;
	for (const [name, value] of Object.entries(isPlain ? children.shift() : {})) {
		if (typeof value === 'function') element.addEventListener(name.slice(2), value);
		else if (value !== false) element.setAttribute(name, value === true ? '' : value);
	}
	element.append(...children.flat().filter(Boolean));
	return element;
}

/** Paint the colour and the tiny placeholder until a picture has loaded. */
export function paint(element, { placeholder, dominantColor }) {
	element.style.background = `${dominantColor} center / 100% 100% url("${placeholder}")`;
	element.addEventListener('load', () => element.style.removeProperty('background'), { capture: true, once: true });
}

export const announce = (text) => (byId('live').textContent = text);
