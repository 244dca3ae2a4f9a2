/**
 * The beginning of every message of version 3 (doc/developers/network-protocol.txt of Breezy,
 * "Version 3").
 */
const marker = Buffer.from('bzr message 3 (bzr 1.6)\n');

/** The answer to a request: whether it succeeded, and its words. */
export interface SmartAnswer {
  readonly ok: boolean;
  readonly words: readonly string[];
}

/** A request of these words, without a body. */
export function encodeRequest(words: readonly string[]): Buffer {
  const headers = Buffer.from('d16:Software version5:3.3.2e');
  const list = Buffer.concat([
    Buffer.from('l'),
    ...words.map((word) => byteString(word)),
    Buffer.from('e'),
  ]);
  return Buffer.concat([
    marker,
    counted(headers),
    Buffer.from('s'),
    counted(list),
    Buffer.from('e'),
  ]);
}

/**
 * The first answer in these bytes and its length; null when it is incomplete.
 * @throws when it is not an answer
 */
export function readResponse(
  bytes: Buffer,
): { readonly answer: SmartAnswer; readonly bytes: number } | null {
  if (bytes.length < marker.length) return null;
  if (!bytes.subarray(0, marker.length).equals(marker))
    throw new Error(`no answer: ${JSON.stringify(bytes.toString('latin1'))}`);
  let at = endOfCounted(bytes, marker.length);
  let [ok, words]: [boolean, readonly string[]] = [true, []];
  while (at !== null && at < bytes.length) {
    const kind = String.fromCharCode(bytes[at] ?? 0);
    if (kind === 'e') return { answer: { ok, words }, bytes: at + 1 };
    if (kind === 'o') {
      if (at + 1 >= bytes.length) return null;
      ok = bytes[at + 1] === 'S'.charCodeAt(0);
      at += 2;
    } else if (kind === 's') {
      const end = endOfCounted(bytes, at + 1);
      if (end !== null) words = byteStrings(bytes.subarray(at + 5, end));
      at = end;
    } else throw new Error(`an answer has a part of an unknown kind ${JSON.stringify(kind)}`);
  }
  return null;
}

function counted(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function endOfCounted(bytes: Buffer, at: number): number | null {
  if (bytes.length < at + 4) return null;
  const end = at + 4 + bytes.readUInt32BE(at);
  return bytes.length < end ? null : end;
}

function byteString(word: string): Buffer {
  const bytes = Buffer.from(word);
  return Buffer.concat([Buffer.from(`${bytes.length}:`), bytes]);
}

/** The byte strings of a bencoded list; the answers used here contain nothing else. */
function byteStrings(list: Buffer): string[] {
  const words: string[] = [];
  let at = 1;
  while (at < list.length - 1) {
    const colon = list.indexOf(':', at);
    const length = Number(list.toString('latin1', at, colon));
    if (colon < 0 || !Number.isInteger(length))
      throw new Error(`an answer is ${JSON.stringify(list.toString('latin1'))}`);
    words.push(list.toString('utf8', colon + 1, colon + 1 + length));
    at = colon + 1 + length;
  }
  return words;
}
