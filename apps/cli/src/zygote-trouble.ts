/** A zygote that did not come up, as the fork service tells of it (`GET /v1/state`). */
export interface ZygoteTrouble {
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

/** The zygote that serves, null when none does; and what came of a newer one, when that is nothing. */
export interface ZygoteHealth {
  readonly pid: number | null;
  readonly trouble: ZygoteTrouble | null;
}

/** In one line: where it failed, why, how often, and when it is tried again. */
export function describeTrouble({ pid, trouble }: ZygoteHealth): string | null {
  if (trouble === null) return null;
  const { step, message, attempts, nextTryAt } = trouble;
  const tried = `tried ${attempts === 1 ? 'once' : `${attempts} times`}, next at ${nextTryAt}`;
  const which = pid === null ? 'it failed' : 'a newer one failed';
  return `${which} while ${step}: ${message} (${tried})`;
}
