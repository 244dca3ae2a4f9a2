import type { AuditEntry } from '@hatchery/event-feed';
import { exitDone, expectWords, UsageError, type Command } from '../command.ts';
import { table } from '../table.ts';
import {
  nothingFits,
  readSelection,
  selectEntries,
  selectionHelp,
  selectionOptions,
  selectionSynopsis,
  shownInstant,
} from './selection.ts';

/** Kinds of entries by the words that choose them. Ended sessions are for `hatchery sessions`. */
const kinds = {
  'sign-in': ['sign-in.accepted'],
  // Of what is missing almost all are refusals.
  refusal: ['sign-in.refused', 'connection.refused', 'session.refused', 'audit.missing'],
  action: ['action.requested', 'lock.broken'],
} as const;

const shownKinds: readonly string[] = Object.values(kinds).flat();

const fallback = { since: '1w', limit: 50 };

export const audit: Command = {
  name: 'audit',
  synopsis: `[--kind ${Object.keys(kinds).join('|')}] ${selectionSynopsis}`,
  summary: 'who was let in, who was not and why, and what was done by whom',
  details: selectionHelp(fallback),
  options: { ...selectionOptions, kind: { type: 'string' } },
  async run(invocation) {
    expectWords(invocation);
    const selection = readSelection(invocation.options, fallback, new Date());
    const wantedKinds = readKind(invocation.options['kind']);
    const outcomes = new Map<string, string>();
    const isWanted = (entry: AuditEntry): entry is AuditEntry => {
      // The newer of the two, so that it has been seen when its action comes.
      if (entry.kind === 'action.done') outcomes.set(entry.actionId, entry.outcome);
      return wantedKinds.includes(entry.kind) && (selection.user === null || isAbout(entry, selection.user));
    };
    const entries = selectEntries(invocation, selection, isWanted).map((entry) => withOutcome(entry, outcomes));
    if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(entries)}\n`);
    else invocation.print(entries.length === 0 ? nothingFits('entry', selection) : describeAudit(entries));
    return exitDone;
  },
};

function readKind(kind: string | boolean | undefined): readonly string[] {
  if (kind === undefined) return shownKinds;
  if (typeof kind === 'string' && Object.hasOwn(kinds, kind)) return kinds[kind as keyof typeof kinds];
  throw new UsageError(`--kind takes ${Object.keys(kinds).join(', ')}, not '${String(kind)}'`);
}

/** An entry, and of an action what came of it: null when nobody wrote that down. */
type ShownEntry = AuditEntry & { readonly outcome?: string | null };

function withOutcome(entry: AuditEntry, outcomes: ReadonlyMap<string, string>): ShownEntry {
  return entry.kind === 'action.requested' ? { ...entry, outcome: outcomes.get(entry.actionId) ?? null } : entry;
}

/** Who acts may carry a way behind the name, as `bo (cli)`. */
function isAbout(entry: AuditEntry, user: string): boolean {
  if ('user' in entry) return entry.user === user;
  return 'actor' in entry && (entry.actor === user || entry.actor.startsWith(`${user} (`));
}

/** A table, one entry a row, in the order they are given. */
function describeAudit(entries: readonly ShownEntry[]): string {
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
    case 'action.requested':
      return [
        ...[entry.actor, `${entry.verb} ${entry.target}`, '-'],
        `${entry.reason} (${entry.outcome ?? 'outcome unknown'})`,
      ];
    case 'action.done':
      return ['-', `action ${entry.actionId} done`, '-', entry.outcome];
    case 'lock.broken':
      return [entry.actor, `lock ${entry.id} broken`, '-', '-'];
    case 'audit.missing':
      return ['-', `${entry.count} entries missing`, '-', entry.reason];
    default:
      return entry satisfies never;
  }
}
