import { readFileSync } from 'node:fs';
import { versionTrouble } from '@hatchery/formats';
import type { AuditEntry } from './audit-entry.ts';
import { hourOf, listHours } from './hours.ts';

/** What of the audit is wanted. */
export interface AuditQuery {
  readonly directory: string;
  /** The oldest instant of interest. */
  readonly since: Date;
  /** Files of later hours are not read; entries after it may come all the same. */
  readonly until?: Date;
  /**
   * Told of a line that is no entry, as one that a full disk cut off; of one of another version
   * with the sentence that says so.
   */
  readonly damaged: (path: string, trouble?: string) => void;
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
function readEntries(path: string, damaged: AuditQuery['damaged']): AuditEntry[] {
  const lines = textOf(path).split('\n').toReversed();
  return lines.flatMap((line) => {
    if (line === '') return [];
    const read = parse(line);
    if (read === null) {
      damaged(path);
      // A line that was cut off, by a full disk or a lost power, ends where the next one begins.
      // Within a string its quotes would be escaped.
      const rest = parse(line.slice(Math.max(0, line.lastIndexOf('{"format":'))));
      return rest === null ? [] : accept(rest, path, damaged);
    }
    return accept(read, path, damaged);
  });
}

/** An entry as it stands written, of whatever version. */
type Written = { readonly format: unknown } & AuditEntry;

function accept(
  { format, ...entry }: Written,
  path: string,
  damaged: AuditQuery['damaged'],
): AuditEntry[] {
  const trouble = versionTrouble('audit', path, format);
  if (trouble === null) return [entry];
  damaged(path, trouble);
  return [];
}

function parse(line: string): Written | null {
  try {
    const value = JSON.parse(line) as Partial<Written> | null;
    if (value === null || typeof value !== 'object' || !('format' in value)) return null;
    const isEntry = typeof value.at === 'string' && typeof value.kind === 'string';
    // What another version calls these is not known.
    return isEntry || typeof value.format === 'number' ? (value as Written) : null;
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
