import { size } from '@hatchery/display';
/**
 * Something that a session began in the hosting root, and left behind when it was killed or met a
 * full disk.
 */
export interface Leftover {
  /** Absolute. */
  readonly path: string;
  /**
   * `upload`: a pack of a push that did not come to its end. `lock`: a lock that was being taken or
   * freed. `place`: what was begun and is no branch.
   */
  readonly kind: 'upload' | 'lock' | 'place';
  /** Whose place it is in, as `~alice`. */
  readonly owner: string;
  /** Below the hosting root, as `~alice/project/trunk`. */
  readonly branch: string;
  readonly bytes: number;
  /** When it last changed, RFC 3339. */
  readonly changedAt: string;
  /** Why it is not collected yet; null when nothing speaks for it. */
  readonly keptFor: string | null;
}

/** What one look at the hosting root found, in sum. */
export interface LeftoverSum {
  readonly count: number;
  readonly bytes: number;
  /** When the oldest last changed, RFC 3339; null when there is none. */
  readonly oldestAt: string | null;
  /** Whose they are, who has most bytes first. */
  readonly owners: readonly { readonly owner: string; readonly bytes: number }[];
  /** RFC 3339. */
  readonly lookedAt: string;
}

/** Owners that a line names; `hatchery leftovers` has all. */
const ownersShown = 3;

/** The sum of what a look found. */
export function sumLeftovers(found: readonly Leftover[], lookedAt: string): LeftoverSum {
  const bytesOf = new Map<string, number>();
  for (const { owner, bytes } of found) bytesOf.set(owner, (bytesOf.get(owner) ?? 0) + bytes);
  const owners = [...bytesOf]
    .map(([owner, bytes]) => ({ owner, bytes }))
    .toSorted((a, b) => b.bytes - a.bytes);
  return {
    count: found.length,
    bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
    oldestAt: found.map(({ changedAt }) => changedAt).toSorted()[0] ?? null,
    owners,
    lookedAt,
  };
}

/** A line for a person, with owners, size and age; `sum` is null before the first look. */
export function describeLeftovers(sum: LeftoverSum | null): string {
  if (sum === null) return 'not looked for yet; the first look is a minute after the start';
  const { count, bytes, oldestAt, owners, lookedAt } = sum;
  if (oldestAt === null) return `none at ${lookedAt}`;
  const named = owners.slice(0, ownersShown).map(({ owner }) => owner);
  const others = owners.length - named.length;
  const whose = `${named.join(', ')}${others === 0 ? '' : ` and ${others} more`}`;
  return `${count} with ${size(bytes)} of ${whose}, the oldest since ${oldestAt}, as of ${lookedAt}`;
}

/** What is collected every hour and is still there after this long is kept by something. */
const keptMsMax = 24 * 60 * 60 * 1000;

/** Whether something is left behind that the hourly collection does not take away. */
export function areLeftoversKept(sum: LeftoverSum | null, nowMs: number): boolean {
  return sum !== null && sum.oldestAt !== null && nowMs - Date.parse(sum.oldestAt) > keptMsMax;
}

/** What helps when it does not. */
export const leftoverRemedy = 'hatchery leftovers says what keeps each of them';
