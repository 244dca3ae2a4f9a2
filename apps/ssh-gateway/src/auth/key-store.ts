import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAuthorizedKeys, type AuthorizedKey, type AuthorizedKeys } from './authorized-keys.ts';
import { isUserName } from './user-name.ts';

/** The keys of one user as last read, and which state of the file that was. */
interface Cached {
  readonly version: string;
  readonly keys: readonly AuthorizedKey[];
}

/** What the store tells whoever keeps the log. */
export type KeyStoreNotice =
  | { readonly kind: 'ignored-line'; readonly file: string; readonly line: number; readonly reason: string }
  | { readonly kind: 'ignored-file'; readonly file: string; readonly reason: string };

export interface KeyStoreOptions {
  /** Holds `<name>/authorized_keys` for each user. */
  readonly directory: string;
  readonly fileBytesMax: number;
  readonly usersMax: number;
  readonly notice: (notice: KeyStoreNotice) => void;
}

/** Who may sign in with which key, read from the disk at each question; the parsing is kept as long as the file stays the same. */
export class KeyStore {
  readonly #options: KeyStoreOptions;
  readonly #cache = new Map<string, Cached>();

  constructor(options: KeyStoreOptions) {
    this.#options = options;
  }

  /** The user's key with this blob, or null: for an unknown user just as for an unknown key. @throws the system's error when the disk fails */
  async find(user: string, blob: Buffer): Promise<AuthorizedKey | null> {
    const keys = isUserName(user) ? await this.#keysOf(user) : [];
    return keys.find((key) => key.blob.equals(blob)) ?? null;
  }

  async #keysOf(user: string): Promise<readonly AuthorizedKey[]> {
    const file = join(this.#options.directory, user, 'authorized_keys');
    let handle: FileHandle;
    try {
      // O_NONBLOCK: a FIFO with this name would otherwise hold a thread of Node's pool for ever.
      handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (!isAbsence(error)) throw error;
      this.#cache.delete(user);
      return [];
    }
    try {
      return await this.#read(user, file, handle);
    } finally {
      await handle.close();
    }
  }

  async #read(user: string, file: string, handle: FileHandle): Promise<readonly AuthorizedKey[]> {
    const stat = await handle.stat({ bigint: true });
    const version = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    const cached = this.#cache.get(user);
    if (cached?.version === version) return cached.keys;
    const unfit = !stat.isFile()
      ? 'it is not a file'
      : stat.size > this.#options.fileBytesMax
        ? `it is longer than ${this.#options.fileBytesMax} bytes`
        : null;
    if (unfit !== null) this.#options.notice({ kind: 'ignored-file', file, reason: unfit });
    const parsed: AuthorizedKeys =
      unfit === null ? parseAuthorizedKeys(await handle.readFile('utf8')) : { keys: [], ignored: [] };
    for (const ignored of parsed.ignored) this.#options.notice({ kind: 'ignored-line', file, ...ignored });
    this.#remember(user, { version, keys: parsed.keys });
    return parsed.keys;
  }

  #remember(user: string, cached: Cached): void {
    this.#cache.delete(user);
    this.#cache.set(user, cached);
    const oldest = this.#cache.keys().next();
    if (this.#cache.size > this.#options.usersMax && !oldest.done) this.#cache.delete(oldest.value);
  }
}

function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
