import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AuthorizedKey,
  objectionToUserDirectory,
  parseAuthorizedKeys,
  parseTeams,
} from '@hatchery/ssh-keys';
import {
  keysTrouble,
  KeysUnavailableError,
  noticesOf,
  type Account,
  type AccountTrouble,
  type KeySource,
  type KeySourceNotice,
} from './key-source.ts';
import { UnfitFileError, WatchedFile } from './watched-file.ts';

export interface FileKeysOptions {
  /** Holds `<name>/authorized_keys` and `<name>/teams` for each user. */
  readonly directory: string;
  readonly fileBytesMax: number;
  readonly usersMax: number;
  readonly teamsMax: number;
  readonly notice: (notice: KeySourceNotice) => void;
}

/** The parsed content of a file. */
interface FileContents<T> {
  readonly value: readonly T[];
  readonly trouble?: AccountTrouble;
}

/** The two files of a user. */
interface UserFiles {
  readonly keys: WatchedFile<FileContents<AuthorizedKey>>;
  readonly teams: WatchedFile<FileContents<string>>;
}

/**
 * Keys and teams in `users/<name>/`. Each question looks at the disk; the parsed result is reused
 * while the file is unchanged.
 */
export class FileKeys implements KeySource {
  readonly #options: FileKeysOptions;
  readonly #users = new Map<string, UserFiles>();

  constructor(options: FileKeysOptions) {
    this.#options = options;
  }

  /**
   * @throws {KeysUnavailableError} for causes that affect all users: the directory of users is
   * gone, or no file can be opened now
   */
  async accountOf(user: string): Promise<Account> {
    await this.prove();
    const files = this.#users.get(user) ?? this.#watch(user);
    // Missing accounts are not cached, so a stranger who tries all names evicts no user.
    this.#users.delete(user);
    const [keys, teams, objection] = await Promise.all([
      this.#read('keys', this.#path(user, 'authorized_keys'), files.keys),
      // A user who signs in with a certificate may have teams and no keys.
      this.#read('teams', this.#path(user, 'teams'), files.teams),
      // Done for every name, so that a known user costs the same time as a stranger.
      this.#objectionTo(user),
    ]);
    if (objection !== null) return this.#unusable(user, objection);
    if (keys !== null || teams !== null) this.#remember(user, files);
    const trouble = teams?.trouble ?? keys?.trouble;
    const account = { keys: keys?.value ?? [], teams: teams?.value ?? [] };
    return trouble === undefined ? account : { ...account, trouble };
  }

  /**
   * For known and unknown names alike: without the directory the gateway cannot tell them apart.
   */
  async prove(): Promise<void> {
    const { directory } = this.#options;
    try {
      // The dot makes the open fail for a file in its place.
      await access(`${directory}/.`, constants.X_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new KeysUnavailableError(
        `the directory of users ${directory} cannot be read (${code})`,
        { cause: error },
      );
    }
  }

  /**
   * Why the entry with the user's name cannot hold their files; null for a directory that can, and
   * when there is none.
   */
  async #objectionTo(user: string): Promise<string | null> {
    const path = join(this.#options.directory, user);
    const isThere = await lstat(path).then(
      () => true,
      () => false,
    );
    const target = await stat(path).catch((error: NodeJS.ErrnoException) => ({
      code: error.code ?? 'EIO',
    }));
    return isThere ? objectionToUserDirectory(target) : null;
  }

  /** Teams count too: a certificate does not admit a user whose teams cannot be read. */
  #unusable(user: string, reason: string): Account {
    const source = join(this.#options.directory, user);
    this.#options.notice({ about: 'keys', source, line: null, reason });
    return { keys: [], teams: [], trouble: { about: 'teams', reason: `${source}: ${reason}` } };
  }

  /** Null without a file. A file that cannot be used affects only its user. */
  async #read<T>(
    about: KeySourceNotice['about'],
    path: string,
    file: WatchedFile<FileContents<T>>,
  ): Promise<FileContents<T> | null> {
    try {
      return await file.read();
    } catch (error) {
      const { message: reason } = error as Error;
      if (!(error instanceof UnfitFileError))
        throw new KeysUnavailableError(reason, { cause: error });
      this.#options.notice({ about, source: path, line: null, reason });
      return { value: [], trouble: { about, reason: `${path}: ${reason}` } };
    }
  }

  #watch(user: string): UserFiles {
    const { fileBytesMax, teamsMax, notice } = this.#options;
    const [keysPath, teamsPath] = [this.#path(user, 'authorized_keys'), this.#path(user, 'teams')];
    return {
      keys: new WatchedFile(keysPath, fileBytesMax, (contents) => {
        const { keys, ignored } = parseAuthorizedKeys(contents, keysPath);
        noticesOf('keys', keysPath, ignored).forEach(notice);
        const trouble = keysTrouble(keysPath, { keys, ignored });
        return trouble === null ? { value: keys } : { value: keys, trouble };
      }),
      teams: new WatchedFile(teamsPath, fileBytesMax, (contents) => {
        const { teams, ignored, isUnfit } = parseTeams(contents, teamsMax, teamsPath);
        noticesOf('teams', teamsPath, ignored).forEach(notice);
        const reason = `${teamsPath}: ${ignored[0]?.reason}`;
        if (isUnfit) return { value: teams, trouble: { about: 'teams', reason } };
        return { value: teams };
      }),
    };
  }

  #path(user: string, name: string): string {
    return join(this.#options.directory, user, name);
  }

  #remember(user: string, files: UserFiles): void {
    this.#users.set(user, files);
    const oldest = this.#users.keys().next();
    if (this.#users.size > this.#options.usersMax && !oldest.done) this.#users.delete(oldest.value);
  }
}
