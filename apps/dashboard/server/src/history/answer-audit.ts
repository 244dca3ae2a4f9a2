import {
  auditKindOf,
  auditSelector,
  describeAudit,
  readAudit,
  type ShownEntry,
} from '@hatchery/event-feed';
import type { PastAudit, PastRow } from '@hatchery/events';
import { auditEntriesReadMax } from '../limits.ts';
import type { AuditFilter, Cut } from './query.ts';

/**
 * The outcome of an action is usually written milliseconds later; a drain or a script may take an
 * hour.
 */
const outcomeMsMax = 60 * 60 * 1_000;

/**
 * The entries of the audit's files, newest first, as `hatchery audit` shows them. @throws the
 * system's error when they cannot be read
 */
export function answerAudit(
  directory: string,
  { from, to, kind, user, text }: AuditFilter,
  cut: Cut,
  entriesReadMax: number = auditEntriesReadMax,
): PastAudit {
  const pick = auditSelector({ kind, user, branch: null, text });
  const [since, end] = [new Date(from), new Date(to).toISOString()];
  const cursor = new Cursor(cut.after);
  const until = new Date(Math.min(to, cursor.atMs) + outcomeMsMax);
  const rows: PastRow[] = [];
  let [damaged, read] = [0, 0];
  for (const entry of readAudit({ directory, since, until, damaged: () => void (damaged += 1) })) {
    const shown = pick(entry);
    if (!cursor.isBehind(entry.at)) continue;
    read += 1;
    if (shown !== null && entry.at < end) rows.push(rowOf(shown));
    if (rows.length === cut.limit || read === entriesReadMax)
      return { rows, next: cursor.text, damaged };
  }
  return { rows, next: null, damaged };
}

function rowOf(entry: ShownEntry): PastRow {
  const { who, what, from, why } = describeAudit(entry);
  // A signal's target is a session, which the page can show.
  const isOfChild = entry.kind === 'action.requested' && entry.verb.startsWith('signal');
  const childId = entry.kind === 'session.failed' ? entry.childId : isOfChild ? entry.target : null;
  return {
    at: Date.parse(entry.at),
    kind: auditKindOf(entry),
    who,
    what,
    from,
    why,
    child_id: childId,
    part: entry.part,
  };
}

/**
 * How far a list was read: the instant of the last entry, and the number of entries read at that
 * instant.
 */
class Cursor {
  readonly #at: string | null;
  #left: number;
  #lastAt = '';
  #count = 0;

  /** Null at the beginning, and for anything that is no cursor. */
  constructor(after: string | null) {
    const [, at = '', count] =
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_(\d{1,9})$/.exec(after ?? '') ?? [];
    this.#at = Number.isNaN(Date.parse(at)) ? null : at;
    this.#left = Number(count ?? 0);
  }

  /** Milliseconds since 1970. */
  get atMs(): number {
    return this.#at === null ? Infinity : Date.parse(this.#at);
  }

  get text(): string {
    return `${this.#lastAt}_${this.#count}`;
  }

  /** Whether the next entry, at the instant `at`, was not read before. */
  isBehind(at: string): boolean {
    if (this.#at !== null && at > this.#at) return false;
    this.#count = at === this.#lastAt ? this.#count + 1 : 1;
    this.#lastAt = at;
    if (at !== this.#at || this.#left === 0) return true;
    this.#left -= 1;
    return false;
  }
}
