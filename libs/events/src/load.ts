import type { FailureKind } from './failure.ts';
import type { LeftoverSum } from './leftover.ts';
import type { LimitName } from './limit.ts';

/**
 * How often something took how long: a number for each upper bound, and a last one for what is
 * above all of them.
 */
export interface Spans {
  /** Seconds, ascending. */
  readonly boundsS: readonly number[];
  readonly counts: readonly number[];
  /** Of all of them together, in seconds. */
  readonly sumS: number;
}

/**
 * How full the fork service is, as `GET /v1/load` on its control socket tells it. Totals are since
 * its start.
 */
export interface ForkerLoad {
  /** Children that live, and requests on their way to one. */
  readonly children: number;
  readonly childrenMax: number;
  /** Children whose keeper died: their end will be seen, how they ended will not. */
  readonly orphans: number;
  /**
   * Processes below the keeper that have ended and that nobody has reaped; null where the kernel
   * does not tell.
   */
  readonly zombies: number | null;
  /** Requests that wait for their turn. */
  readonly waiting: number;
  readonly waitingMax: number;
  /** How long requests waited that had to, also those that were refused in the end or left. */
  readonly waited: Spans;
  /** Refused requests by reason; the codes are the protocol library's. */
  readonly refused: Readonly<Record<string, number>>;
  /** What sessions were refused or failed of, by kind. */
  readonly failures: Readonly<Record<FailureKind, number>>;
  /** Sessions that a limit has ended, by limit. */
  readonly limits: Readonly<Record<LimitName, number>>;
  /** What killed sessions left in the hosting root, as of the last look; null before the first. */
  readonly leftovers: LeftoverSum | null;
  readonly leftoversCollected: number;
  /** Requests whose client left before its turn. */
  readonly left: number;
}
