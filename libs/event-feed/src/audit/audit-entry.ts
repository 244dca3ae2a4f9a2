import type { ActionEvent, FailureKind, Lock, LockEvent } from '@hatchery/events';

/** Somebody was let in. */
export interface SignInEntry {
  readonly kind: 'sign-in.accepted';
  readonly user: string;
  /** Address and port, as `192.0.2.1:50022`. */
  readonly peer: string;
  /** Of the plain key, as `SHA256:…`. */
  readonly fingerprint: string;
  /** Name of the certificate that carried the key, or null. */
  readonly certificate: string | null;
}

/**
 * A connection ended without a sign-in although one was tried; `reason` is for the operator alone.
 */
export interface SignInRefusedEntry {
  readonly kind: 'sign-in.refused';
  readonly user: string;
  readonly peer: string;
  readonly fingerprint: string | null;
  readonly reason: string;
}

/** Somebody signed in to the page. */
export interface PageSignInEntry {
  readonly kind: 'page.signed-in';
  /** The name that the page knows them by: of a link its role. */
  readonly user: string;
  readonly role: string;
  /** Address and port; null over a Unix socket. */
  readonly peer: string | null;
  /** As `link 3fVu8aZk` or `openid`. */
  readonly by: string;
}

/** A sign-in to the page was refused, as by a link that was used before. */
export interface PageRefusedEntry {
  readonly kind: 'page.refused';
  readonly user: string | null;
  readonly peer: string | null;
  readonly reason: string;
}

/** The page asked for something that was not done, or of which nobody knows whether it was. */
export interface ActionRefusedEntry {
  readonly kind: 'action.refused';
  readonly actor: string;
  readonly verb: string;
  readonly target: string;
  /** Why the person asked for it. */
  readonly reason: string;
  /** Why it was not done, in the words that they read. */
  readonly cause: string;
}

/** A limit or a drain turned a connection away before SSH began. */
export interface ConnectionRefusedEntry {
  readonly kind: 'connection.refused';
  readonly peer: string;
  readonly reason: string;
}

/** Somebody who was let in asked for what is not given; `request` is cut to a line's length. */
export interface SessionRefusedEntry {
  readonly kind: 'session.refused';
  readonly user: string;
  readonly peer: string;
  readonly reason: string;
  readonly request: string;
}

/** A session that has ended. */
export interface SessionEntry {
  readonly kind: 'session.closed';
  readonly sessionId: string;
  readonly childId: string;
  readonly pid: number;
  readonly user: string;
  readonly peer: string;
  readonly fingerprint: string;
  readonly command: string;
  readonly branch: string | null;
  /** From the request to the end, in milliseconds. */
  readonly lastedMs: number;
  /** Each in milliseconds from the end of the one before; null for one that was not reached. */
  readonly phasesMs: Readonly<Record<string, number | null>>;
  readonly bytes: { readonly in: number; readonly out: number; readonly err: number };
  /** As an exit status or a signal's name; null when nobody could know it. */
  readonly exit: number | string | null;
  /** Why it ended, as `finished`. */
  readonly reason: string;
}

/** A change was refused or a request failed in a session, which may have gone on. */
export interface SessionFailedEntry {
  readonly kind: 'session.failed';
  readonly childId: string;
  readonly user: string | null;
  readonly peer: string | null;
  readonly failure: FailureKind;
  /** Of the smart protocol, as `Branch.lock_write`. */
  readonly verb: string;
  /** Below the hosting root, as `~alice/trunk`. */
  readonly path: string;
  /** In one line, as the user was told. */
  readonly cause: string;
}

/** Entries that are not there: a full disk, or more refusals in a minute than are kept. */
export interface MissingEntry {
  readonly kind: 'audit.missing';
  readonly count: number;
  readonly reason: string;
}

/** What a part tells the audit. Actions and broken locks are told as the feed tells them. */
export type AuditBody =
  | SignInEntry
  | SignInRefusedEntry
  | PageSignInEntry
  | PageRefusedEntry
  | ActionRefusedEntry
  | ConnectionRefusedEntry
  | SessionRefusedEntry
  | SessionEntry
  | SessionFailedEntry
  | MissingEntry
  | ActionEvent
  | Extract<LockEvent, { kind: 'lock.broken' }>;

/** One line of the audit. `at` is RFC 3339 in UTC, `part` who wrote it. */
export type AuditEntry = AuditBody & { readonly at: string; readonly part: string };

/**
 * An entry as it is shown, and of an action what came of it: null when nobody wrote that down.
 * `after` is its lock then, null when free.
 */
export type ShownEntry = AuditEntry & {
  readonly outcome?: string | null;
  readonly after?: Lock | null;
};
