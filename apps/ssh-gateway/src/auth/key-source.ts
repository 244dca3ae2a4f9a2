import type { AuthorizedKey, IgnoredLine } from './authorized-keys.ts';

/** The port to wherever keys are kept: files, an HTTP service, a command. */
export interface KeySource {
  /**
   * All keys of a user; none for an unknown one. The name has passed {@link isUserName}. @throws {KeysUnavailableError} when the source
   * cannot tell at present
   */
  keysOf(user: string): Promise<readonly AuthorizedKey[]>;
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
  readonly source: string;
  /** 1-based; null when it is about the whole. */
  readonly line: number | null;
  readonly reason: string;
}

/** Turns the lines that a parser left out into notices. */
export function noticesOf(source: string, ignored: readonly IgnoredLine[]): KeySourceNotice[] {
  return ignored.map(({ line, reason }) => ({ source, line, reason }));
}
