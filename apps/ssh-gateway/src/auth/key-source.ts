import {
  noKeyIsLetIn,
  type AuthorizedKey,
  type AuthorizedKeys,
  type IgnoredLine,
} from '@hatchery/ssh-keys';

/** The account of a user. */
export interface Account {
  readonly keys: readonly AuthorizedKey[];
  /** Names that have passed {@link isUserName}: the user may write under `~team/` of each. */
  readonly teams: readonly string[];
  /** The problem with this user's account; absent when there is none. */
  readonly trouble?: AccountTrouble;
  /**
   * Looks the account up again; absent when it did not come from the cache. A refusal must not come
   * from the cache, because only known users are cached: a refusal that comes at once, or that
   * differs from a stranger's during an outage, would reveal that the user exists.
   * @throws {KeysUnavailableError}
   */
  readonly anew?: () => Account | Promise<Account>;
}

/**
 * Why one user's keys or teams cannot be used, in one line with the remedy. Only the operator sees
 * it; the user gets the same refusal as a stranger. No other user is affected. If the teams cannot
 * be read the user cannot sign in at all: a push refused for a missing team would look like the
 * user's mistake.
 */
export interface AccountTrouble {
  readonly about: 'keys' | 'teams';
  readonly reason: string;
}

/** The account of an unknown user. */
export const noAccount: Account = { keys: [], teams: [] };

/** An account as text: lines of authorized_keys, and one team a line. */
export interface AccountText {
  readonly keys: string | Buffer;
  readonly teams: string;
}

/** The port to the source of keys and teams: files, an HTTP service, or a command. */
export interface KeySource {
  /**
   * All keys and teams of a user; {@link noAccount} for an unknown one. The name has passed {@link
   * isUserName}.
   * @throws {KeysUnavailableError} when the source cannot answer at present
   */
  accountOf(user: string): Promise<Account>;
  /**
   * Forgets a user's cached answer, and any answer still under way; absent when the source caches
   * nothing.
   */
  forget?(user: string): void;
  /**
   * Checks whether the source could answer; absent when only a question about a user shows that.
   * @throws {KeysUnavailableError} when it could not
   */
  prove?(): Promise<void>;
}

/**
 * The source of keys is out of order: the gateway cannot tell known users from strangers, so it
 * must not call anybody a stranger.
 */
export class KeysUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KeysUnavailableError';
  }
}

/** The source works, but this user's data is unusable. Other users must not be affected. */
export class UnfitAccountError extends Error {}

/**
 * A notice of a source for the log. `source` is a file's path, or `http` or `command` and the user.
 */
export interface KeySourceNotice {
  readonly about: 'keys' | 'teams';
  readonly source: string;
  /** 1-based; null when it concerns the whole source. */
  readonly line: number | null;
  readonly reason: string;
}

/** Log lines for one file that name single lines: a file of garbage must not fill the log. */
const namedLinesMax = 10;

/**
 * Turns the lines that a parser skipped into notices: one each for the first lines, one for the
 * rest.
 */
export function noticesOf(
  about: KeySourceNotice['about'],
  source: string,
  ignored: readonly IgnoredLine[],
): KeySourceNotice[] {
  const named = ignored
    .slice(0, namedLinesMax)
    .map(({ line, reason }) => ({ about, source, line, reason }));
  const rest = ignored.length - named.length;
  return rest === 0
    ? named
    : [...named, { about, source, line: null, reason: `${rest} more lines were left out` }];
}

/** The problem of a user none of whose keys can be used; null when one can, or there are none. */
export function keysTrouble(source: string, read: AuthorizedKeys): AccountTrouble | null {
  const reason = noKeyIsLetIn(read);
  return reason === null ? null : { about: 'keys', reason: `${source}: ${reason}` };
}
