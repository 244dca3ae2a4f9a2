import { readFileSync } from 'node:fs';
import type { AuditEntry } from './audit-entry.ts';
import { hourOf, listHours } from './hours.ts';

/** What of the audit is wanted. */
export interface AuditQuery {
  readonly directory: string;
  /** The oldest instant of interest. */
  readonly since: Date;
  /** Files of later hours are not read; entries after it may come all the same. */
  readonly until?: Date;
  /** Told of a line that is no entry, as one that a full disk cut off. */
  readonly damaged: (path: string) => void;
}

/**
 * The entries of all parts, newest first, an hour at a time: who wants the last ten reads one file
 * or two. None when there is no audit yet.
 * @throws the system error when it may not be read
 */
export function* readAudit({
  directory,
  since,
  until,
  damaged,
}: AuditQuery): Generator<AuditEntry> {
  const files = Map.groupBy(listIfThere(directory), ({ hour }) => hour);
  const [oldestHour, oldest] = [hourOf(since), since.toISOString()];
  for (const [hour, parts] of files) {
    if (hour < oldestHour) return;
    if (until !== undefined && hour > hourOf(until)) continue;
    const entries = parts.flatMap(({ path }) => readEntries(path, damaged));
    yield* entries
      .filter(({ at }) => at >= oldest)
      .toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  }
}

/** Newest first. */
function readEntries(path: string, damaged: (path: string) => void): AuditEntry[] {
  const lines = textOf(path).split('\n').toReversed();
  return lines.flatMap((line) => {
    if (line === '') return [];
    const entry = parse(line);
    if (entry !== null) return entry;
    damaged(path);
    // A line that was cut off, by a full disk or a lost power, ends where the next one begins.
    // Within a string its quotes would be escaped.
    return parse(line.slice(Math.max(0, line.lastIndexOf('{"at":"')))) ?? [];
  });
}

function parse(line: string): AuditEntry | null {
  try {
    const value = JSON.parse(line) as Partial<AuditEntry> | null;
    return typeof value?.at === 'string' && typeof value.kind === 'string'
      ? (value as AuditEntry)
      : null;
  } catch {
    return null;
  }
}

/** A file that its owner has removed since it was listed is empty. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function listIfThere(directory: string): ReturnType<typeof listHours> {
  try {
    return listHours(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
