import { auditKinds, auditSelector, type AuditKind } from '@hatchery/event-feed';
import { exitDone, expectWords, UsageError, type Command } from '../command.ts';
import { auditTable } from './audit-table.ts';
import {
  nothingFits,
  readSelection,
  selectEntries,
  selectionHelp,
  selectionOptions,
  selectionSynopsis,
} from './selection.ts';

const kinds = Object.keys(auditKinds);

const fallback = { since: '1w', limit: 50 };

export const audit: Command = {
  name: 'audit',
  synopsis: `[--kind ${kinds.join('|')}] [--branch NAME] ${selectionSynopsis}`,
  summary: 'list sign-ins, refusals, failures and actions, each with its user and reason',
  details: `${selectionHelp(fallback)}\n--branch NAME only actions on locks of NAME or of branches below it, and refusals and failures of sessions there`,
  options: { ...selectionOptions, kind: { type: 'string' }, branch: { type: 'string' } },
  async run(invocation) {
    expectWords(invocation);
    const selection = readSelection(invocation.options, fallback, new Date());
    const branch = readBranch(invocation.options['branch']);
    const kind = readKind(invocation.options['kind']);
    const pick = auditSelector({ kind, branch, user: selection.user, text: null });
    const entries = selectEntries(invocation, selection, pick);
    if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(entries)}\n`);
    else
      invocation.print(
        entries.length === 0
          ? nothingFits(branch === null ? 'entry' : `entry about a lock of ${branch}`, selection)
          : auditTable(entries),
      );
    return exitDone;
  },
};

function readKind(kind: string | boolean | undefined): AuditKind | null {
  if (kind === undefined) return null;
  if (typeof kind === 'string' && Object.hasOwn(auditKinds, kind)) return kind as AuditKind;
  throw new UsageError(`--kind takes ${kinds.join(', ')}, not '${String(kind)}'`);
}

function readBranch(branch: string | boolean | undefined): string | null {
  if (branch === undefined) return null;
  const name = String(branch).replace(/(?<=.)\/+$/, '');
  if (name === '') throw new UsageError('--branch is empty');
  return name;
}
