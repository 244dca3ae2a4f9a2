/** The bytes whole, cut in two at every place, and one at a time: for tests of decoders. */
export function* chunkings(bytes: Uint8Array): Generator<readonly Uint8Array[]> {
  yield [bytes];
  for (let at = 0; at <= bytes.length; at += 1) yield [bytes.slice(0, at), bytes.slice(at)];
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** The bytes cut into pieces of the given lengths, which repeat; 0 makes an empty piece. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    // With lengths of 0 only, this would never end.
    const length = turn < 1000 ? (lengths[turn % lengths.length] ?? 1) : bytes.length;
    pieces.push(bytes.slice(start, start + length));
    start += length;
  }
  return pieces;
}

/** A byte for every character up to U+00FF, so that a test writes invalid UTF-8 as `\xff`. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
