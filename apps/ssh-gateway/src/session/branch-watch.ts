import { placeOfRequest, type RequestPlace } from '@hatchery/protocol';

/** Enough for the greeting, the headers and the first request; later data is content. */
const watchedBytesMax = 16 * 1024;

const greeting = 'bzr message 3 (bzr 1.6)\n';

/**
 * Finds the branch that a smart client works on, for the log: the client's exec line does not name
 * it. It is the path of the first request about a branch; until one comes, the first path that the
 * client looked at. It watches only the first bytes, decides nothing, and gives up on anything it
 * does not understand. Format: breezy/bzr/smart/protocol.py, version three.
 */
export class BranchWatch {
  #bytes = Buffer.alloc(0);
  #branch: string | null = null;
  #over = false;

  /**
   * Such as `~alice/project/trunk` (see `placeOfRequest`), or null while no request has named one.
   */
  get branch(): string | null {
    return this.#branch;
  }

  take(chunk: Buffer): void {
    if (this.#over) return;
    this.#bytes = Buffer.concat([
      this.#bytes,
      chunk.subarray(0, watchedBytesMax - this.#bytes.length),
    ]);
    const found = findPlace(this.#bytes);
    this.#branch = found?.place ?? null;
    this.#over = found?.isLook === false || this.#bytes.length >= watchedBytesMax;
    if (this.#over) this.#bytes = Buffer.alloc(0);
  }
}

function findPlace(bytes: Buffer): RequestPlace | null {
  let looked: RequestPlace | null = null;
  for (let at = bytes.indexOf(greeting); at !== -1; at = bytes.indexOf(greeting, at + 1)) {
    const found = findPlaceAt(bytes, at + greeting.length);
    if (found?.isLook === false) return found;
    looked ??= found;
  }
  return looked;
}

/**
 * Four bytes of length and the headers, `s`, four bytes of length, then the request as a bencoded
 * list of strings.
 */
function findPlaceAt(bytes: Buffer, start: number): RequestPlace | null {
  if (bytes.length < start + 4) return null;
  const structure = start + 4 + bytes.readUInt32BE(start);
  if (bytes.length < structure + 5 || bytes[structure] !== 0x73) return null;
  const end = structure + 5 + bytes.readUInt32BE(structure + 1);
  if (bytes.length < end) return null;
  return placeOfRequest(bencodedStrings(bytes.subarray(structure + 5, end)));
}

/** The leading strings of a bencoded list, far enough to find the path of any request. */
function bencodedStrings(list: Buffer): Buffer[] {
  const strings: Buffer[] = [];
  let at = 1;
  while (list[0] === 0x6c && strings.length < 3) {
    const length = /^(\d{1,5}):/.exec(list.toString('latin1', at, at + 6))?.[1];
    if (length === undefined) break;
    const start = at + length.length + 1;
    at = start + Number(length);
    strings.push(list.subarray(start, at));
  }
  return strings;
}
