/** Enough for the greeting, the headers and the first request; what comes later is content. */
const watchedBytesMax = 16 * 1024;

const greeting = 'bzr message 3 (bzr 1.6)\n';

/**
 * Finds the first path that a smart client names, for the log: the exec line of a client does not say which branch it is about. It watches the
 * first bytes only, decides nothing, and gives up at whatever it does not understand. Format: breezy/bzr/smart/protocol.py, version three.
 */
export class BranchWatch {
  #bytes = Buffer.alloc(0);
  #branch: string | null = null;
  #over = false;

  /** As `~alice/project/trunk`, or null as long as no request has named one. */
  get branch(): string | null {
    return this.#branch;
  }

  take(chunk: Buffer): void {
    if (this.#over) return;
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, watchedBytesMax - this.#bytes.length)]);
    this.#branch = firstPath(this.#bytes);
    this.#over = this.#branch !== null || this.#bytes.length >= watchedBytesMax;
    if (this.#over) this.#bytes = Buffer.alloc(0);
  }
}

function firstPath(bytes: Buffer): string | null {
  for (let at = bytes.indexOf(greeting); at !== -1; at = bytes.indexOf(greeting, at + 1)) {
    const path = pathOfRequest(bytes, at + greeting.length);
    if (path !== null) return path;
  }
  return null;
}

/** Four bytes of length and the headers, `s`, four bytes of length, then the request as a bencoded list of strings. */
function pathOfRequest(bytes: Buffer, start: number): string | null {
  if (bytes.length < start + 4) return null;
  const structure = start + 4 + bytes.readUInt32BE(start);
  if (bytes.length < structure + 5 || bytes[structure] !== 0x73) return null;
  const end = structure + 5 + bytes.readUInt32BE(structure + 1);
  if (bytes.length < end) return null;
  const [verb = '', path = ''] = bencodedStrings(bytes.subarray(structure + 5, end).toString('latin1'));
  if (!/^(BzrDir|Branch|Repository|VersionedFileRepository)[.A-Za-z]/.test(verb)) return null;
  return readable(path);
}

function bencodedStrings(text: string): string[] {
  const strings: string[] = [];
  let at = 1;
  while (text[0] === 'l' && strings.length < 2) {
    const length = /^(\d{1,5}):/.exec(text.slice(at, at + 6))?.[1];
    if (length === undefined) break;
    const start = at + length.length + 1;
    at = start + Number(length);
    strings.push(text.slice(start, at));
  }
  return strings;
}

/** A path as people write it, or null for the root, which says nothing. Percent-encoding stays: it is what was asked for. */
function readable(path: string): string | null {
  const shown = path.replace(/^\/+|\/+$/g, '').replace(/[^\x20-\x7e]/g, '?');
  return shown === '' || shown === '.' ? null : shown.slice(0, 512);
}
