import {
  noKeyIsLetIn,
  type AuthorizedKey,
  type AuthorizedKeys,
  type IgnoredLine,
} from '@hatchery/ssh-keys';

/** What is known of a user. */
export interface Account {
  readonly keys: readonly AuthorizedKey[];
  /** Names that have passed {@link isUserName}: the user writes under `~team/` of each. */
  readonly teams: readonly string[];
  /** What is wrong with what is kept of this one user; absent when nothing is. */
  readonly trouble?: AccountTrouble;
  /**
   * Asks anew; absent when nothing was remembered. A refusal out of memory would tell of the user,
   * who alone has one: it would come at once, and in an outage where a stranger is told of that.
   * @throws {KeysUnavailableError}
   */
  readonly anew?: () => Account | Promise<Account>;
}

/**
 * Why the keys or the teams of one user cannot be used, in one line with what to do: for the
 * operator alone, since the user is refused as a stranger is, and nobody else is. Without the teams
 * nobody signs in: a push that is refused for one would look like a mistake of theirs.
 */
export interface AccountTrouble {
  readonly about: 'keys' | 'teams';
  readonly reason: string;
}

/** What an unknown user has. */
export const noAccount: Account = { keys: [], teams: [] };

/** An account as text: lines of authorized_keys, and a team a line. */
export interface AccountText {
  readonly keys: string | Buffer;
  readonly teams: string;
}

/** The port to wherever keys and teams are kept: files, an HTTP service, a command. */
export interface KeySource {
  /**
   * All keys and teams of a user; {@link noAccount} for an unknown one. The name has passed {@link
   * isUserName}.
   * @throws {KeysUnavailableError} when the source cannot tell at present
   */
  accountOf(user: string): Promise<Account>;
  /**
   * Forgets what it remembers of a user, also what it is about to hear; absent where nothing is.
   */
  forget?(user: string): void;
  /**
   * Looks whether it could tell; absent where only a question about a user shows that. @throws
   * {KeysUnavailableError} when it could not
   */
  prove?(): Promise<void>;
}

/**
 * The source of keys is out of order: nobody is known to be a stranger, so nobody may be called
 * one.
 */
export class KeysUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KeysUnavailableError';
  }
}

/**
 * The source works, and what it has of this one user is of no use: nobody else is to suffer for it.
 */
export class UnfitAccountError extends Error {}

/**
 * What a source tells whoever keeps the log. `source` is a file's path, or `http` or `command` and
 * the user.
 */
export interface KeySourceNotice {
  readonly about: 'keys' | 'teams';
  readonly source: string;
  /** 1-based; null when it is about the whole. */
  readonly line: number | null;
  readonly reason: string;
}

/** Lines of one file that are named by themselves: a file of rubbish must not fill the log. */
const namedLinesMax = 10;

/**
 * Turns the lines that a parser left out into notices, the first ones each and the rest together.
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

/** The trouble of a user of whose keys none can be used; null when one can, or there are none. */
export function keysTrouble(source: string, read: AuthorizedKeys): AccountTrouble | null {
  const reason = noKeyIsLetIn(read);
  return reason === null ? null : { about: 'keys', reason: `${source}: ${reason}` };
}
