/**
 * The only two globals of the platform that the codec needs. `lib: es2024` has neither, `lib: dom`
 * would let browser code in, and node types would let `node:` imports in; so this module declares
 * them, for itself only.
 */
declare const TextEncoder: new () => { encode(text: string): Uint8Array<ArrayBuffer> };
declare const TextDecoder: new (
  label: 'utf-8',
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
// `ignoreBOM: true` keeps a leading U+FEFF: with the default it would silently vanish from a
// command.
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossyDecoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** The bytes of a text; a lone surrogate becomes U+FFFD, so refuse those first where it matters. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text of the bytes, or null when they are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * The text of the bytes with U+FFFD for everything invalid: good for comparing with ASCII words,
 * never for use.
 */
export function decodeUtf8Lossily(bytes: Uint8Array): string {
  return lossyDecoder.decode(bytes);
}
