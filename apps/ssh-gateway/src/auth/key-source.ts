import type { AuthorizedKey, IgnoredLine } from './authorized-keys.ts';

/** What is known of a user. */
export interface Account {
  readonly keys: readonly AuthorizedKey[];
  /** Names that have passed {@link isUserName}: the user writes under `~team/` of each. */
  readonly teams: readonly string[];
  /**
   * Asks anew; absent when nothing was remembered. A refusal out of memory would tell of the user, who alone has one: it would come
   * at once, and in an outage where a stranger is told of that. @throws {KeysUnavailableError}
   */
  readonly anew?: () => Account | Promise<Account>;
}

/** What an unknown user has. */
export const noAccount: Account = { keys: [], teams: [] };

/** An account as text: lines of authorized_keys, and a team a line. */
export interface AccountText {
  readonly keys: string;
  readonly teams: string;
}

/** The port to wherever keys and teams are kept: files, an HTTP service, a command. */
export interface KeySource {
  /**
   * All keys and teams of a user; {@link noAccount} for an unknown one. The name has passed {@link isUserName}.
   * @throws {KeysUnavailableError} when the source cannot tell at present
   */
  accountOf(user: string): Promise<Account>;
  /** Looks whether it could tell; absent where only a question about a user shows that. @throws {KeysUnavailableError} when it could not */
  prove?(): Promise<void>;
}

/** The source of keys is out of order: nobody is known to be a stranger, so nobody may be called one. */
export class KeysUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KeysUnavailableError';
  }
}

/** What a source tells whoever keeps the log. `source` is a file's path, or `http` or `command` and the user. */
export interface KeySourceNotice {
  readonly about: 'keys' | 'teams';
  readonly source: string;
  /** 1-based; null when it is about the whole. */
  readonly line: number | null;
  readonly reason: string;
}

/** Turns the lines that a parser left out into notices. */
export function noticesOf(
  about: KeySourceNotice['about'],
  source: string,
  ignored: readonly IgnoredLine[],
): KeySourceNotice[] {
  return ignored.map(({ line, reason }) => ({ about, source, line, reason }));
}
