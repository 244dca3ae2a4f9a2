import { quotedBytesMax } from './limits.ts';
import { encodeUtf8 } from './utf8.ts';

const backslash = 0x5c;

/**
 * The short escapes of Python's repr; every other byte that is not printable ASCII becomes `\xNN`.
 */
const shortEscapes = new Map([
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [backslash, '\\\\'],
]);

/**
 * The bytes as Python 2's `repr(str)` writes them, which is what Launchpad's service sent: one line
 * of ASCII for any bytes, so that invalid UTF-8 needs no special case. Beyond {@link
 * quotedBytesMax} bytes it ends in `...` after the closing quote.
 */
export function quoteBytes(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, quotedBytesMax);
  const quote = shown.includes(0x27) && !shown.includes(0x22) ? '"' : "'";
  let text = '';
  for (const byte of shown) text += quoteByte(byte, quote);
  return `${quote}${text}${quote}${bytes.length > shown.length ? '...' : ''}`;
}

/** {@link quoteBytes} of a text. */
export function quoteText(text: string): string {
  return quoteBytes(encodeUtf8(text));
}

function quoteByte(byte: number, quote: string): string {
  const short = shortEscapes.get(byte);
  if (short !== undefined) return short;
  if (byte < 0x20 || byte > 0x7e) return `\\x${byte.toString(16).padStart(2, '0')}`;
  const character = String.fromCharCode(byte);
  return character === quote ? `\\${character}` : character;
}
