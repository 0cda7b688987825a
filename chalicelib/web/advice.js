// What people can do about a picture that could not be compressed, by the code of its error.

const NO_BYTES = 'there are no bytes'; // the engine's message for an empty file
const NAME = { canReplace: false };
const RETRY = { canRetry: true };
const ADVICE = {
	'not-an-image': ['This file is not a picture. Replace it with one.'],
	unsupported: ['This kind of picture cannot be read. Save it as JPEG or PNG, and replace it.'],
	corrupt: ['This file is damaged. Replace it with an intact copy.'],
	truncated: ['The end of this file is missing. Upload it again.'],
	'too-many-pixels': ['This picture has too many pixels. Replace it with a smaller one.'],
	'too-many-frames': ['This animation has too many frames. Replace it with a shorter one.'],
	'too-many-scans': ['This JPEG is built in an unusual way. Save it again, and replace it.'],
	'too-much-memory': ['This picture needs too much memory. Replace it with a smaller one.'],
	'too-many-bytes': ['This file is too large. Replace it with a smaller one.'],
	'unservable-key': ['Web addresses cannot have a folder of this name. Upload the file under another name.', NAME],
	'key-too-long': ['This name is too long. Upload the file under a shorter one.', NAME],
	archived: ['This file is archived. Restore it in S3, then compress it again.', RETRY],
	encrypted: ['This file is encrypted with a key that cannot be used here. Allow the key and compress it again, or replace the file.', RETRY],
	'access-denied': ['S3 does not let this app read the file. Allow it, then compress it again.', RETRY],
	'timed-out': ['This picture took too long. Compress it again, or replace it with a smaller one.', RETRY],
	'worker-died': ['This picture probably needs too much memory. Compress it again, or replace it with a smaller one.', RETRY],
};
const UNKNOWN = ['This picture could not be compressed. Compress it again, or replace it.', RETRY];

/** @returns {{text: string, canRetry: boolean, canReplace: boolean}} for the `error` of a record. */
export function advice({ code, message }) {
	const [text, can] = message === NO_BYTES ? ['This file has no bytes. Upload it again.'] : (ADVICE[code] ?? UNKNOWN);
	return { text, canRetry: false, canReplace: true, ...can };
}
