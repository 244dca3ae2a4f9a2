/** Largest file of a user's keys or teams, in bytes: a thousand keys of 4096-bit RSA. */
export const userFileBytesMax = 1024 * 1024;

/** Teams of one user. Their names, of at most 64 characters, go into a fork request of 64 KiB. */
export const teamsPerUserMax = 256;

/** The result of stat(2), as Node returns it with or without `bigint`. */
interface FileStat {
  readonly mode: number | bigint;
  readonly size: number | bigint;
}

/** The kinds of files of inode(7), by the bits of `S_IFMT`. */
const kinds: ReadonlyMap<number, string> = new Map([
  [0o010_000, 'a FIFO'],
  [0o020_000, 'a device'],
  [0o040_000, 'a directory'],
  [0o060_000, 'a device'],
  [0o100_000, 'a file'],
  [0o140_000, 'a socket'],
]);

/**
 * The one rule for files of keys or teams, used by the gateway, the commands and the doctor: why
 * the file cannot be used, with what to do, or null. Any account that may write the file decides
 * who gets in (sshd_config(5) StrictModes).
 */
export function objectionToFile({ mode, size }: FileStat, bytesMax: number): string | null {
  const kind = kindOf(mode);
  if (kind === 'a directory') return 'it is a directory; move it away';
  if (kind !== 'a file') return `it is not a file but ${kind}; move it away`;
  if (isOpenToAll(mode)) return 'anybody may write it; look through it, then run chmod o-w on it';
  return Number(size) > bytesMax ? `it is longer than ${bytesMax} bytes; shorten it` : null;
}

/**
 * The same rule for an entry with a user's name in the directory of users. `target` is its stat(2),
 * or the code of that call's error.
 */
export function objectionToUserDirectory(
  target: Pick<FileStat, 'mode'> | { readonly code: string },
): string | null {
  if ('code' in target)
    return target.code === 'ENOENT' ? linkToNothing : whyUnreadable(target.code);
  const kind = kindOf(target.mode);
  if (kind !== 'a directory') return `it is ${kind} and not a directory; move it away`;
  return isOpenToAll(target.mode)
    ? 'anybody may write it; look through it, then run chmod o-w on it'
    : null;
}

/** The message for a link to nothing. */
export const linkToNothing = 'it is a symbolic link to nothing; remove it';

/** What an error of open(2), read(2) or stat(2) means for one file, with what to do. */
export function whyUnreadable(code: string): string {
  const words: Readonly<Record<string, string | undefined>> = {
    EACCES: `uid ${process.geteuid?.() ?? '?'} may not read it (EACCES); chown or chmod it`,
    EPERM: `uid ${process.geteuid?.() ?? '?'} may not read it (EPERM); chown or chmod it`,
    EISDIR: 'it is a directory; move it away',
    ELOOP: 'its symbolic links go round in a circle (ELOOP); move it away',
    // open(2) of a socket.
    ENXIO: 'it is not a file but a socket; move it away',
  };
  return words[code] ?? `it cannot be read (${code})`;
}

function kindOf(mode: number | bigint): string {
  return kinds.get(Number(mode) & 0o170_000) ?? 'something else';
}

function isOpenToAll(mode: number | bigint): boolean {
  return (Number(mode) & 0o002) !== 0;
}
