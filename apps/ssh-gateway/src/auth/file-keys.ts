import { join } from 'node:path';
import { parseAuthorizedKeys, type AuthorizedKey } from './authorized-keys.ts';
import { noticesOf, type KeySource, type KeySourceNotice } from './key-source.ts';
import { UnfitFileError, WatchedFile } from './watched-file.ts';

export interface FileKeysOptions {
  /** Holds `<name>/authorized_keys` for each user. */
  readonly directory: string;
  readonly fileBytesMax: number;
  readonly usersMax: number;
  readonly notice: (notice: KeySourceNotice) => void;
}

/** Keys in `users/<name>/authorized_keys`, read from the disk at each question; the parsing is kept as long as the file stays the same. */
export class FileKeys implements KeySource {
  readonly #options: FileKeysOptions;
  readonly #files = new Map<string, WatchedFile<readonly AuthorizedKey[]>>();

  constructor(options: FileKeysOptions) {
    this.#options = options;
  }

  /** @throws the system's error when the disk fails */
  async keysOf(user: string): Promise<readonly AuthorizedKey[]> {
    const path = join(this.#options.directory, user, 'authorized_keys');
    const file = this.#files.get(user) ?? this.#watch(path);
    // What does not exist is not remembered: a stranger who tries all names pushes nobody out.
    this.#files.delete(user);
    try {
      const keys = await file.read();
      if (keys !== null) this.#remember(user, file);
      return keys ?? [];
    } catch (error) {
      if (!(error instanceof UnfitFileError)) throw error;
      this.#options.notice({ source: path, line: null, reason: error.message });
      return [];
    }
  }

  #watch(path: string): WatchedFile<readonly AuthorizedKey[]> {
    const { fileBytesMax, notice } = this.#options;
    return new WatchedFile(path, fileBytesMax, (contents) => {
      const { keys, ignored } = parseAuthorizedKeys(contents.toString());
      noticesOf(path, ignored).forEach(notice);
      return keys;
    });
  }

  #remember(user: string, file: WatchedFile<readonly AuthorizedKey[]>): void {
    this.#files.set(user, file);
    const oldest = this.#files.keys().next();
    if (this.#files.size > this.#options.usersMax && !oldest.done) this.#files.delete(oldest.value);
  }
}
