import { describeAudit, type ShownEntry } from '@hatchery/event-feed';
import { table } from '../terminal/table.ts';
import { shownInstant } from './selection.ts';

/** A table, one entry a row, in the given order. */
export function auditTable(entries: readonly ShownEntry[]): string {
  const rows = entries.map((entry) => {
    const { who, what, from, why } = describeAudit(entry);
    return [shownInstant(entry.at), who, what, from, why];
  });
  return table(['WHEN', 'WHO', 'WHAT', 'FROM', 'WHY'], rows);
}
