import type { AuditEntry } from '@hatchery/event-feed';
import { failureWords, type Lock } from '@hatchery/events';
import { describeParty } from '../locks/describe-party.ts';
import { table } from '../table.ts';
import { shownInstant } from './selection.ts';

/** An entry, and of an action what came of it: null when nobody wrote that down. `after` is its lock then, null when free. */
export type ShownEntry = AuditEntry & { readonly outcome?: string | null; readonly after?: Lock | null };

/** A table, one entry a row, in the order they are given. */
export function describeAudit(entries: readonly ShownEntry[]): string {
  const rows = entries.map((entry) => [shownInstant(entry.at), ...describe(entry)]);
  return table(['WHEN', 'WHO', 'WHAT', 'FROM', 'WHY'], rows);
}

/** Who, what, from where, why. */
function describe(entry: ShownEntry): readonly string[] {
  switch (entry.kind) {
    case 'sign-in.accepted':
      return [entry.user, 'signed in', entry.peer, [entry.fingerprint, entry.certificate ?? ''].join(' ').trim()];
    case 'sign-in.refused':
      return [entry.user, 'sign-in refused', entry.peer, [entry.reason, entry.fingerprint ?? ''].join(' ').trim()];
    case 'connection.refused':
      return ['-', 'connection refused', entry.peer, entry.reason];
    case 'session.refused':
      return [entry.user, 'session refused', entry.peer, `${entry.reason}: ${entry.request}`];
    case 'session.closed':
      return [entry.user, 'session ended', entry.peer, entry.reason];
    case 'session.failed': {
      const what = [failureWords(entry.failure), entry.path].filter((word) => word !== '').join(', ');
      return [
        entry.user ?? '-',
        what,
        entry.peer ?? '-',
        entry.verb === '' ? entry.cause : `${entry.cause} (${entry.verb})`,
      ];
    }
    case 'action.requested':
      return [entry.actor, `${entry.verb} ${targetOf(entry)}`, '-', whyOf(entry)];
    case 'action.done':
      return ['-', `action ${entry.actionId} done`, '-', entry.outcome];
    case 'lock.broken':
      return [entry.actor, `lock ${nameOf(entry.id, entry.before)} broken`, '-', wasOf(entry.before) ?? '-'];
    case 'audit.missing':
      return ['-', `${entry.count} entries missing`, '-', entry.reason];
    default:
      return entry satisfies never;
  }
}

type ShownAction = Extract<ShownEntry, { kind: 'action.requested' }>;

function targetOf({ target, before }: ShownAction): string {
  return nameOf(target, before);
}

function whyOf({ reason, outcome, before, after }: ShownAction): string {
  const told = [outcome ?? 'outcome unknown', wasOf(before), isOf(after)].filter((one) => one !== null);
  return `${reason} (${told.join('; ')})`;
}

/** A lock by what a person calls it, and by its id. */
function nameOf(id: string, before: Lock | undefined): string {
  return before === undefined ? id : `${before.kind} ${before.name} (${id})`;
}

function wasOf(before: Lock | undefined): string | null {
  return before === undefined ? null : `before: ${before.condition}, of ${describeParty(before.holder)}`;
}

function isOf(after: Lock | null | undefined): string | null {
  if (after === undefined) return null;
  return after === null ? 'after: free' : `after: ${after.condition}, of ${describeParty(after.holder)} (${after.id})`;
}
