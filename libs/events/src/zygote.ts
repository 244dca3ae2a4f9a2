/** A zygote that did not come up, and what is done about it. */
export interface ZygoteTrouble {
  /** What it was doing, as `importing breezy`. */
  readonly step: string;
  readonly message: string;
  /** The last lines of its stderr. */
  readonly stderr: readonly string[];
  /** How many have failed in a row. */
  readonly attempts: number;
  /** RFC 3339. */
  readonly failedAt: string;
  readonly nextTryAt: string;
}

/**
 * What the fork service says of its zygote (`GET /v1/state`). Trouble with a newer one does not
 * take away the one that serves.
 */
export interface ZygoteHealth {
  /**
   * Of the one that serves; null while there is none, and where every child is a Python of its own.
   */
  readonly pid: number | null;
  /** Of that one, RFC 3339. */
  readonly readySince: string | null;
  /** True where every child is a Python of its own (`forker.fork = false`). */
  readonly isOff: boolean;
  readonly trouble: ZygoteTrouble | null;
}
