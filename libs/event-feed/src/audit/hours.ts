import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { auditBytesMax, auditDaysKept } from './limits.ts';

const namePattern = /^audit-(\d{4}-\d\d-\d\dT\d\d)\.[a-z-]+\.log$/;

/** The hour an instant is in, as `2026-11-21T09`; names sort as the hours follow each other. */
export function hourOf(instant: Date): string {
  return instant.toISOString().slice(0, 13);
}

/** The file of one part for one hour. Each part has its own, and each run of it appends. */
export function hourPath(directory: string, part: string, hour: string): string {
  return join(directory, `audit-${hour}.${part}.log`);
}

/** One file of the audit. */
export interface HourFile {
  readonly path: string;
  readonly hour: string;
}

/** Every file of the audit, newest hour first. @throws the error of readdir(2) */
export function listHours(directory: string): HourFile[] {
  return readdirSync(directory)
    .flatMap((name) => {
      const hour = namePattern.exec(name)?.[1];
      return hour === undefined ? [] : [{ path: join(directory, name), hour }];
    })
    .toSorted((a, b) => (a.hour < b.hour ? 1 : -1));
}

/** Removes what is too old, and the oldest while there is too much. @throws the system's errors */
export function removeOldHours(
  directory: string,
  now: Date,
  bytesMax: number = auditBytesMax,
): void {
  const oldest = hourOf(new Date(now.getTime() - auditDaysKept * 86_400_000));
  let bytes = 0;
  for (const { path, hour } of listHours(directory)) {
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    // Another part may remove it at the same time.
    if (hour < oldest || bytes > bytesMax) rmSync(path, { force: true });
  }
}
