// Zoom and pan, both sides in step: by wheel, pinch, double click and the keys + − 0.

const MOST = 8;
const STEP = 1.5; // of a key

/** @param frame has the pictures. @param width their own, in pixels: a double click shows them pixel by pixel. */
export function makeZoomable(frame, width) {
	const pointers = new Map();
	let scale = 1;
	let [left, top] = [0, 0]; // of the zoomed pictures, from the frame's corner

	/** Zoom to a scale, and keep the place under a point of the window. */
	function zoom(wanted, { clientX, clientY }) {
		const box = frame.getBoundingClientRect();
		const [x, y] = [clientX - box.left, clientY - box.top];
		const next = Math.min(MOST, Math.max(1, wanted));
		move(x - ((x - left) * next) / scale, y - ((y - top) * next) / scale, next);
	}

	function move(toLeft, toTop, next = scale) {
		const { clientWidth, clientHeight } = frame;
		scale = next;
		left = Math.min(0, Math.max(clientWidth * (1 - scale), toLeft));
		top = Math.min(0, Math.max(clientHeight * (1 - scale), toTop));
		frame.style.setProperty('--zoom', `translate(${left}px, ${top}px) scale(${scale})`);
		frame.classList.toggle('zoomed', scale > 1);
	}

	const spread = ([one, other]) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
	const centre = (all) => ({ clientX: mean(all, 'clientX'), clientY: mean(all, 'clientY') });
	const mean = (all, name) => all.reduce((sum, each) => sum + each[name], 0) / all.length;

	frame.addEventListener('wheel', (event) => {
		event.preventDefault();
		zoom(scale * 1.002 ** -event.deltaY, event);
	}, { passive: false });
	frame.addEventListener('dblclick', (event) => zoom(scale > 1 ? 1 : Math.max(2, width / frame.clientWidth), event));
	frame.addEventListener('pointerdown', (event) => {
		pointers.set(event.pointerId, event);
		if (scale > 1) frame.setPointerCapture(event.pointerId);
	});
	frame.addEventListener('pointermove', (event) => {
		if (!pointers.has(event.pointerId)) return;
		const before = [...pointers.values()];
		pointers.set(event.pointerId, event);
		const after = [...pointers.values()];
		const [from, to] = [centre(before), centre(after)];
		if (scale > 1) move(left + to.clientX - from.clientX, top + to.clientY - from.clientY);
		if (after.length === 2) zoom((scale * spread(after)) / spread(before), to);
	});
	for (const end of ['pointerup', 'pointercancel']) frame.addEventListener(end, ({ pointerId }) => pointers.delete(pointerId));

	const keys = { '+': STEP, '=': STEP, '-': 1 / STEP, 0: 0 };
	document.addEventListener('keydown', function press(event) {
		if (!frame.isConnected) return document.removeEventListener('keydown', press);
		if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.target.closest('.ask')) return;
		const { left: x, top: y, width: w, height: h } = frame.getBoundingClientRect();
		zoom(scale * keys[event.key], { clientX: x + w / 2, clientY: y + h / 2 });
	});
}
