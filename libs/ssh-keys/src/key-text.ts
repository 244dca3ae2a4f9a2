import { quoted } from './foreign-format.ts';

/**
 * The text of a key file, or the reason why the bytes are not text, with the command that converts
 * them.
 */
export type KeyText = { readonly text: string } | { readonly reason: string };

/**
 * Byte order marks (Unicode 23.8), the longer ones first: that of UTF-32 begins with that of
 * UTF-16.
 */
const marks: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-32', [0, 0, 0xfe, 0xff]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0xfe, 0xff]],
];

/**
 * Reads the bytes of a file of keys. Skips the mark that Windows puts before UTF-8. `name` is the
 * file's, for the command.
 */
export function keyTextOf(contents: Buffer, name: string): KeyText {
  const encoding = encodingOf(contents);
  if (encoding !== null)
    return {
      reason: `it is in ${encoding}; convert it with: iconv -f ${encoding} -t UTF-8 ${quoted(name)} > ${quoted(`${name}.new`)}`,
    };
  if (contents.includes(0))
    return { reason: 'it is binary; keys are text, one a line, as in ~/.ssh/id_ed25519.pub' };
  return { text: contents.toString().replace(/^\uFEFF/, '') };
}

/** The encoding of a text that is not in UTF-8 or ASCII; null for any other. */
function encodingOf(contents: Buffer): string | null {
  const marked = marks.find(([, mark]) =>
    contents.subarray(0, mark.length).equals(Buffer.from(mark)),
  );
  if (marked !== undefined) return marked[0];
  // Without a mark: a line of keys begins with ASCII, so one byte of each of its first characters
  // is zero.
  const head = contents.subarray(0, 8);
  if (head.length < 8) return null;
  const isZero = (parity: number): boolean =>
    head.every((byte, index) => (byte === 0) === (index % 2 === parity));
  if (isZero(1)) return 'UTF-16LE';
  return isZero(0) ? 'UTF-16BE' : null;
}
