import { readFileSync } from 'node:fs';
import { statFields } from '@hatchery/daemon';

/** The fields of /proc/<pid>/stat (proc(5)), in clock ticks and pages. */
export interface StatReading {
  readonly cpuTicks: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly rssPages: number;
}

/** The fields of /proc/<pid>/smaps_rollup, in bytes. */
export interface MemoryReading {
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly privateBytes: number;
}

/** Clock ticks a second on every Linux that runs Node (USER_HZ). */
export const ticksPerSecond = 100;
export const pageBytes = 4096;

/** Fields 10, 12, 14, 15 and 24 of a stat line; null when the line is not one. */
export function parseStat(line: string): StatReading | null {
  const fields = statFields(line);
  const at = (field: number): number => Number(fields[field - 3]);
  const reading = {
    cpuTicks: at(14) + at(15),
    minorFaults: at(10),
    majorFaults: at(12),
    rssPages: at(24),
  };
  return Object.values(reading).every(Number.isFinite) ? reading : null;
}

export function parseMemory(text: string): MemoryReading {
  const bytes = (name: string): number =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return {
    rssBytes: bytes('Rss'),
    pssBytes: bytes('Pss'),
    privateBytes: bytes('Private_Clean') + bytes('Private_Dirty'),
  };
}

/** Bytes that passed through read(2) and write(2), pipes included (`rchar`, `wchar`). */
export function parseIo(text: string): { readBytes: number; writeBytes: number } {
  const value = (name: string): number =>
    Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { readBytes: value('rchar'), writeBytes: value('wchar') };
}

/** A file of /proc, or null when the process is gone or we may not read it. */
export function readProc(pid: number, name: string): string | null {
  try {
    // Synchronous on purpose: procfs does not wait for a disk, and a trip through the thread pool
    // costs more than the read.
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return null;
  }
}
