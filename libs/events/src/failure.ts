/**
 * What a session that did not do what it was asked for came upon, and the exit status it has for
 * that (sysexits.h). The same table as `STATUS` of apps/forker/zygote/failures.py. The gravest
 * last: a session that came upon several has the status of that.
 */
export const failureStatus = {
  /** Refused: somebody else holds the lock, or the lock that was held was broken meanwhile. */
  'lock-held': 75,
  /** Refused: not this user's place. */
  'no-permission': 77,
  /** Refused: maintenance. */
  'read-only': 69,
  /** Refused: a format, or a request, that this service does not serve. */
  unsupported: 76,
  /** Refused: memory, files or their size, as far as the session may have them. */
  limit: 73,
  /** A lock, a branch or a repository that cannot be read. */
  damaged: 65,
  /** Full, read-only, failing, or files that are not the service's. */
  disk: 74,
  /** A defect of the service, or what it was not made for. */
  internal: 70,
} as const;

export type FailureKind = keyof typeof failureStatus;

export const failureKinds = Object.keys(failureStatus) as readonly FailureKind[];

/** One thing that a session did not do, as its child reports it. */
export interface SessionFailure {
  readonly kind: FailureKind;
  /** Of the smart protocol, as `Branch.lock_write`; empty between requests. */
  readonly verb: string;
  /**
   * Below the hosting root, as the client named it, as `~alice/trunk`; empty when it named none.
   */
  readonly path: string;
  /** In words, in one line, as the user was told, or who holds the lock. */
  readonly cause: string;
}

/** Whether the operator has something to mend; a refusal is as it should be. */
export function isOurs(kind: FailureKind): boolean {
  return kind === 'damaged' || kind === 'disk' || kind === 'internal';
}

/** What an exit status says of a session's failures; null when it says nothing. */
export function failureOfStatus(status: number | string | null): FailureKind | null {
  return failureKinds.find((kind) => failureStatus[kind] === status) ?? null;
}

const words: Readonly<Record<FailureKind, string>> = {
  'lock-held': 'refused: lock held',
  'no-permission': 'refused: no permission',
  'read-only': 'refused: read-only',
  unsupported: 'refused: not supported',
  limit: 'refused: over a limit',
  damaged: 'failed: damaged data',
  disk: 'failed: disk',
  internal: 'failed: internal error',
};

/** For a column of a table: whether it was refused or failed, and of what kind. */
export function failureWords(kind: FailureKind): string {
  return words[kind];
}

/** For a cause of an ending: the words, the place and why. */
export function describeFailure({ kind, path, cause }: SessionFailure): string {
  return `${words[kind]}: ${path === '' ? '' : `${path}: `}${cause}`;
}
