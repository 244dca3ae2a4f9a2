import { closeSync, openSync, readSync } from 'node:fs';
import { fingerprintOf, parseAuthorizedKeys, type AuthorizedKeys } from '@hatchery/ssh-keys';
import { readUserFile, writeUserFile } from './user-file.ts';

/** Longer than any person's file of public keys; anything longer is something else. */
const keyFileBytesMax = 64 * 1024;

/**
 * The bytes of a file of public keys. @throws an Error that names the file and what to give instead
 */
export function readKeyFile(path: string): Buffer {
  let contents: Buffer;
  try {
    contents = readAtMost(path, keyFileBytesMax + 1);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      { ENOENT: 'there is no such file', EISDIR: 'it is a directory' }[code ?? ''] ?? message;
    throw new Error(
      `cannot read ${path}: ${reason}; --key takes a public key, as ~/.ssh/id_ed25519.pub`,
      {
        cause: error,
      },
    );
  }
  if (contents.length > keyFileBytesMax)
    throw new Error(`${path} is no public key: it is longer than ${keyFileBytesMax} bytes`);
  return contents;
}

/** Reads a pipe, as in `--key <(ssh-add -L)`, to its end; reads /dev/zero only up to the limit. */
function readAtMost(path: string, bytesMax: number): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytesMax);
    for (let length = 0; ;) {
      const read = readSync(descriptor, buffer, length, bytesMax - length, null);
      length += read;
      if (read === 0 || length === bytesMax) return buffer.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Adds the keys in a file's contents to a user and returns how many were new. A key that exists
 * stays unchanged, whatever its comment. @throws an Error that names `source` and the reason when
 * the gateway would skip any of its lines
 */
export function addKeys(
  usersDirectory: string,
  name: string,
  contents: Buffer,
  source: string,
): number {
  const given = usableLines(contents, source);
  const own = ownLines(usersDirectory, name);
  const fresh = given.filter(
    ({ blob }, index) => given.findIndex((other) => other.blob === blob) === index,
  );
  const lines = fresh.filter(({ blob, options }) => {
    const same = own.keys.find((key) => key.blob === blob);
    if (same === undefined) return true;
    if (same.options === options) return false;
    throw new Error(
      `${name} has the key of ${source} with other options; first hatchery user remove ${name} --key FILE`,
    );
  });
  if (lines.length === 0) return 0;
  write(usersDirectory, name, [...own.lines, ...lines.map(({ line }) => line)]);
  return lines.length;
}

/**
 * Removes keys from a user: those of a file, or the one with a fingerprint. Returns the
 * fingerprints. @throws an Error when the user lacks one of them
 */
export function removeKeys(usersDirectory: string, name: string, which: string): string[] {
  const own = ownLines(usersDirectory, name);
  const wanted = which.startsWith('SHA256:')
    ? [which.replace(/=+$/, '')]
    : usableLines(readKeyFile(which), which).map(({ blob }) => blob);
  const isWanted = ({ blob, fingerprint }: KeyLine): boolean =>
    wanted.includes(blob) || wanted.includes(fingerprint);
  const gone = own.keys.filter(isWanted);
  const missing = wanted.some(
    (one) => !gone.some(({ blob, fingerprint }) => one === blob || one === fingerprint),
  );
  if (missing)
    throw new Error(`${name} has no such key; hatchery user list --keys shows those there are`);
  const numbers = new Set(gone.map(({ number }) => number));
  write(
    usersDirectory,
    name,
    own.lines.filter((_, index) => !numbers.has(index + 1)),
  );
  return [...new Set(gone.map(({ fingerprint }) => fingerprint))];
}

/**
 * The gateway's reading of a user's file of keys. @throws an Error that names the file when it
 * cannot be read
 */
export function keysOf(usersDirectory: string, name: string): AuthorizedKeys {
  const contents = readUserFile(usersDirectory, name, 'authorized_keys') ?? Buffer.alloc(0);
  return parseAuthorizedKeys(contents, `${usersDirectory}/${name}/authorized_keys`);
}

interface KeyLine {
  /** 1-based. */
  readonly number: number;
  readonly line: string;
  /** The key in base64. */
  readonly blob: string;
  readonly fingerprint: string;
  /** The options before it in the line. */
  readonly options: string;
}

/**
 * @throws an Error for a file that the gateway would not read in full: nobody could log in with the
 * rest
 */
function usableLines(contents: Buffer, source: string): KeyLine[] {
  const { keys, ignored } = parseAuthorizedKeys(contents, source);
  const [first] = ignored;
  if (first !== undefined)
    throw new Error(
      `${source} cannot be used: ${first.line > 1 ? `line ${first.line}: ` : ''}${first.reason}`,
    );
  if (keys.length === 0) throw new Error(`${source} cannot be used: it holds no key`);
  return keyLines(keys, linesOf(contents));
}

/**
 * The lines of a user's own file, with those that are keys. @throws an Error when it cannot be
 * read, or is in another encoding
 */
function ownLines(usersDirectory: string, name: string): { lines: string[]; keys: KeyLine[] } {
  const contents = readUserFile(usersDirectory, name, 'authorized_keys') ?? Buffer.alloc(0);
  const path = `${usersDirectory}/${name}/authorized_keys`;
  const { keys, ignored } = parseAuthorizedKeys(contents, path);
  if (contents.includes(0))
    throw new Error(`cannot change ${path}: ${ignored[0]?.reason ?? 'it is binary'}`);
  const lines = linesOf(contents);
  return { lines, keys: keyLines(keys, lines) };
}

function keyLines(keys: AuthorizedKeys['keys'], lines: readonly string[]): KeyLine[] {
  return keys.map(({ key, line: number }) => {
    const line = lines[number - 1] ?? '';
    const blob = key.blob.toString('base64');
    return {
      number,
      line,
      blob,
      fingerprint: fingerprintOf(key.blob),
      options: line.slice(0, line.indexOf(key.type)),
    };
  });
}

/** Counted as the parser of keys counts them, without the parts outside any line. */
function linesOf(contents: Buffer): string[] {
  const lines = contents
    .toString()
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim());
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function write(usersDirectory: string, name: string, lines: readonly string[]): void {
  writeUserFile(usersDirectory, name, 'authorized_keys', lines.map((line) => `${line}\n`).join(''));
}
