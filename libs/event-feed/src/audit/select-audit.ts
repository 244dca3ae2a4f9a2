import type { AuditEntry, ShownEntry } from './audit-entry.ts';
import { auditKindOf, type AuditKind } from './audit-kinds.ts';
import { describeAudit } from './describe-audit.ts';

/** Which entries are wanted; null narrows nothing. */
export interface AuditSelection {
  readonly kind: AuditKind | null;
  /** Who it is about, or who acted, with or without a way behind the name, as `bo (cli)`. */
  readonly user: string | null;
  /** A branch, by its name or its place on disk, with all below it. */
  readonly branch: string | null;
  /** Any part of what is shown of an entry. */
  readonly text: string | null;
}

type ActionDone = Extract<AuditEntry, { kind: 'action.done' }>;

/**
 * Chooses entries that come newest first, as {@link readAudit} gives them, and joins each action
 * with what came of it. What it returns gives an entry as it is shown, or null.
 */
export function auditSelector({
  kind,
  user,
  branch,
  text,
}: AuditSelection): (entry: AuditEntry) => ShownEntry | null {
  const outcomes = new Map<string, ActionDone>();
  return (entry) => {
    // The newer of the two, so that it has been seen when its action comes.
    if (entry.kind === 'action.done') outcomes.set(entry.actionId, entry);
    const word = auditKindOf(entry);
    if (word === null || (kind !== null && word !== kind)) return null;
    if ((branch !== null && !isOf(entry, branch)) || (user !== null && !isAbout(entry, user)))
      return null;
    const shown = withOutcome(entry, outcomes);
    return text === null || holds(shown, text) ? shown : null;
  };
}

function withOutcome(entry: AuditEntry, outcomes: Map<string, ActionDone>): ShownEntry {
  if (entry.kind !== 'action.requested') return entry;
  const { outcome = null, after } = outcomes.get(entry.actionId) ?? {};
  outcomes.delete(entry.actionId);
  return { ...entry, outcome, ...(after === undefined ? {} : { after }) };
}

function holds(entry: ShownEntry, text: string): boolean {
  const { who, what, from, why } = describeAudit(entry);
  return [who, what, from, why].join(' ').toLowerCase().includes(text.toLowerCase());
}

function isAbout(entry: AuditEntry, user: string): boolean {
  if ('user' in entry) return entry.user === user;
  return 'actor' in entry && (entry.actor === user || entry.actor.startsWith(`${user} (`));
}

function isOf(entry: AuditEntry, branch: string): boolean {
  if (entry.kind === 'session.failed')
    return entry.path === branch || entry.path.startsWith(`${branch}/`);
  const lock = 'before' in entry ? entry.before : undefined;
  // A keyboard and a disk may write one letter in two ways (Unicode UAX 15).
  const wanted = branch.normalize();
  return (
    lock !== undefined &&
    [lock.name, lock.path].some(
      (own) => own.normalize() === wanted || own.normalize().startsWith(`${wanted}/`),
    )
  );
}
