import { crc32 } from 'node:zlib';

/** What a file of records comes to. */
export interface DecodedRecords {
  readonly records: readonly unknown[];
  /** Length of the whole records in bytes; whatever follows them is not one. */
  readonly bytes: number;
  /**
   * `torn`: a last record whose newline is missing, as when its writer was killed in the middle of
   * it. `damaged`: something else that no writer of ours leaves; what follows it is not believed.
   */
  readonly end: 'whole' | 'torn' | 'damaged';
}

const newline = 10;

/** One record: the CRC-32 of its JSON in eight hex digits, a blank, the JSON, a newline. */
export function encodeRecord(value: object): Buffer {
  // JSON escapes every newline inside it, so that the line ends where the record does.
  const json = JSON.stringify(value);
  return Buffer.from(`${checksum(json)} ${json}\n`);
}

/** Reads records up to the first thing that is none. Never throws. */
export function decodeRecords(file: Buffer): DecodedRecords {
  const records: unknown[] = [];
  let start = 0;
  for (let end = file.indexOf(newline); end !== -1; end = file.indexOf(newline, start)) {
    const record = decodeLine(file.toString('utf8', start, end));
    if (record === null) return { records, bytes: start, end: 'damaged' };
    records.push(record);
    start = end + 1;
  }
  return { records, bytes: start, end: start === file.length ? 'whole' : 'torn' };
}

function decodeLine(line: string): object | null {
  const json = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(json)) return null;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
