import type { Logger } from '@hatchery/daemon';
import { failureKinds, isOurs, type FailureKind, type SessionFailure } from '@hatchery/events';

/**
 * What sessions were refused and failed of since the start, by kind; each is one line in the log.
 */
export class FailureCounts {
  readonly #log: Logger;
  readonly #counts = Object.fromEntries(failureKinds.map((kind) => [kind, 0])) as Record<
    FailureKind,
    number
  >;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Zero for what has not happened, so that an alert sees the first. */
  get counts(): Readonly<Record<FailureKind, number>> {
    return { ...this.#counts };
  }

  add(childId: string, user: string | null, failure: SessionFailure): void {
    this.#counts[failure.kind] += 1;
    const fields = { childId, user, ...failure };
    if (isOurs(failure.kind)) this.#log.error(fields, 'a session failed');
    else this.#log.warn(fields, 'a session was refused');
  }
}
