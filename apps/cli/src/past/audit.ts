import type { AuditEntry } from '@hatchery/event-feed';
import { exitDone, expectWords, UsageError, type Command } from '../command.ts';
import { describeAudit, type ShownEntry } from './describe-audit.ts';
import {
  nothingFits,
  readSelection,
  selectEntries,
  selectionHelp,
  selectionOptions,
  selectionSynopsis,
} from './selection.ts';

type ActionDone = Extract<AuditEntry, { kind: 'action.done' }>;

/** Kinds of entries by the words that choose them. Ended sessions are for `hatchery sessions`. */
const kinds = {
  'sign-in': ['sign-in.accepted'],
  // Of what is missing almost all are refusals.
  refusal: ['sign-in.refused', 'connection.refused', 'session.refused', 'audit.missing'],
  failure: ['session.failed'],
  action: ['action.requested', 'lock.broken'],
} as const;

const shownKinds: readonly string[] = Object.values(kinds).flat();

const fallback = { since: '1w', limit: 50 };

export const audit: Command = {
  name: 'audit',
  synopsis: `[--kind ${Object.keys(kinds).join('|')}] [--branch NAME] ${selectionSynopsis}`,
  summary: 'who was let in, who was not and why, what sessions were refused, and what was done by whom',
  details: `${selectionHelp(fallback)}\n--branch NAME only what was done to locks of it, or of branches below it, and what sessions were refused there`,
  options: { ...selectionOptions, kind: { type: 'string' }, branch: { type: 'string' } },
  async run(invocation) {
    expectWords(invocation);
    const selection = readSelection(invocation.options, fallback, new Date());
    const wantedKinds = readKind(invocation.options['kind']);
    const branch = readBranch(invocation.options['branch']);
    const outcomes = new Map<string, ActionDone>();
    const isWanted = (entry: AuditEntry): entry is AuditEntry => {
      // The newer of the two, so that it has been seen when its action comes.
      if (entry.kind === 'action.done') outcomes.set(entry.actionId, entry);
      if (!wantedKinds.includes(entry.kind) || (branch !== null && !isOf(entry, branch))) return false;
      return selection.user === null || isAbout(entry, selection.user);
    };
    const entries = selectEntries(invocation, selection, isWanted).map((entry) => withOutcome(entry, outcomes));
    if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(entries)}\n`);
    else
      invocation.print(
        entries.length === 0
          ? nothingFits(branch === null ? 'entry' : `entry about a lock of ${branch}`, selection)
          : describeAudit(entries),
      );
    return exitDone;
  },
};

function readKind(kind: string | boolean | undefined): readonly string[] {
  if (kind === undefined) return shownKinds;
  if (typeof kind === 'string' && Object.hasOwn(kinds, kind)) return kinds[kind as keyof typeof kinds];
  throw new UsageError(`--kind takes ${Object.keys(kinds).join(', ')}, not '${String(kind)}'`);
}

function withOutcome(entry: AuditEntry, outcomes: ReadonlyMap<string, ActionDone>): ShownEntry {
  if (entry.kind !== 'action.requested') return entry;
  const { outcome = null, after } = outcomes.get(entry.actionId) ?? {};
  return { ...entry, outcome, ...(after === undefined ? {} : { after }) };
}

/** Who acts may carry a way behind the name, as `bo (cli)`. */
function isAbout(entry: AuditEntry, user: string): boolean {
  if ('user' in entry) return entry.user === user;
  return 'actor' in entry && (entry.actor === user || entry.actor.startsWith(`${user} (`));
}

/** Whether an entry is about a branch or what is below it, by the name of its lock or by its place on disk. */
function isOf(entry: AuditEntry, branch: string): boolean {
  if (entry.kind === 'session.failed') return entry.path === branch || entry.path.startsWith(`${branch}/`);
  const lock = 'before' in entry ? entry.before : undefined;
  // A keyboard and a disk may write one letter in two ways (Unicode UAX 15).
  const wanted = branch.normalize();
  return (
    lock !== undefined &&
    [lock.name, lock.path].some((own) => own.normalize() === wanted || own.normalize().startsWith(`${wanted}/`))
  );
}

function readBranch(branch: string | boolean | undefined): string | null {
  if (branch === undefined) return null;
  const name = String(branch).replace(/(?<=.)\/+$/, '');
  if (name === '') throw new UsageError('--branch is empty');
  return name;
}
