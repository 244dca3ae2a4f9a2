import { describeParty, failureWords, type Lock } from '@hatchery/events';
import type { ShownEntry } from './audit-entry.ts';

/**
 * An entry in words, the same on the command line and on the page; `-` stands for nobody and
 * nothing.
 */
export interface DescribedAudit {
  readonly who: string;
  readonly what: string;
  readonly from: string;
  readonly why: string;
}

/** Tells of one entry. */
export function describeAudit(entry: ShownEntry): DescribedAudit {
  const [who, what, from, why] = wordsOf(entry);
  return { who: who ?? '-', what, from: from ?? '-', why: why ?? '-' };
}

type Words = readonly [who: string | null, what: string, from: string | null, why: string | null];

function wordsOf(entry: ShownEntry): Words {
  switch (entry.kind) {
    case 'sign-in.accepted':
      return [
        entry.user,
        'signed in',
        entry.peer,
        [entry.fingerprint, entry.certificate ?? ''].join(' ').trim(),
      ];
    case 'sign-in.refused':
      return [
        entry.user,
        'sign-in refused',
        entry.peer,
        [entry.reason, entry.fingerprint ?? ''].join(' ').trim(),
      ];
    case 'page.signed-in':
      return [entry.user, `signed in to the page as ${entry.role}`, entry.peer, `by ${entry.by}`];
    case 'page.refused':
      return [entry.user, 'sign-in to the page refused', entry.peer, entry.reason];
    case 'connection.refused':
      return [null, 'connection refused', entry.peer, entry.reason];
    case 'session.refused':
      return [entry.user, 'session refused', entry.peer, `${entry.reason}: ${entry.request}`];
    case 'session.closed':
      return [entry.user, 'session ended', entry.peer, entry.reason];
    case 'session.failed': {
      const what = [failureWords(entry.failure), entry.path]
        .filter((word) => word !== '')
        .join(', ');
      return [
        entry.user,
        what,
        entry.peer,
        entry.verb === '' ? entry.cause : `${entry.cause} (${entry.verb})`,
      ];
    }
    case 'action.requested':
      return [
        entry.actor,
        `${entry.verb} ${nameOf(entry.target, entry.before)}`,
        null,
        whyOf(entry),
      ];
    case 'action.refused':
      return [
        entry.actor,
        `${entry.verb} ${entry.target} refused`,
        null,
        `${entry.reason} (${entry.cause})`,
      ];
    case 'action.done':
      return [null, `action ${entry.actionId} done`, null, entry.outcome];
    case 'lock.broken':
      return [
        entry.actor,
        `lock ${nameOf(entry.id, entry.before)} broken`,
        null,
        wasOf(entry.before),
      ];
    case 'audit.missing':
      return [null, `${entry.count} entries missing`, null, entry.reason];
    default:
      return entry satisfies never;
  }
}

type ShownAction = Extract<ShownEntry, { kind: 'action.requested' }>;

function whyOf({ reason, outcome, before, after }: ShownAction): string {
  const told = [outcome ?? 'outcome unknown', wasOf(before), isOf(after)].filter(
    (one) => one !== null,
  );
  return `${reason} (${told.join('; ')})`;
}

/** A lock by what a person calls it, and by its id. */
function nameOf(id: string, before: Lock | undefined): string {
  return before === undefined ? id : `${before.kind} ${before.name} (${id})`;
}

function wasOf(before: Lock | undefined): string | null {
  return before === undefined
    ? null
    : `before: ${before.condition}, of ${describeParty(before.holder)}`;
}

function isOf(after: Lock | null | undefined): string | null {
  if (after === undefined) return null;
  return after === null
    ? 'after: free'
    : `after: ${after.condition}, of ${describeParty(after.holder)} (${after.id})`;
}
