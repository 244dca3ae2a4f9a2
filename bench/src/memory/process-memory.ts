import { readFileSync } from 'node:fs';

/** Memory of one process in MB of a million bytes. */
export interface ProcessMemory {
  readonly resident: number;
  /**
   * What would be free if the process ended: its own pages, not those it shares with the process it
   * was forked from.
   */
  readonly private: number;
  /** Its own pages, and its share of the others (proc(5), smaps: Pss). */
  readonly proportional: number;
}

/**
 * Reads the kernel's current values. @throws the system's error when the process is gone or not
 * ours
 */
export function readProcessMemory(pid: number): ProcessMemory {
  return parseRollup(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
}

/** @throws an Error when a line is missing: a zero would look like a good figure */
export function parseRollup(text: string): ProcessMemory {
  const megabytes = (field: string): number => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    if (kibibytes === undefined) throw new Error(`smaps_rollup has no ${field}`);
    return (1024 * Number(kibibytes)) / 1e6;
  };
  return {
    resident: megabytes('Rss'),
    private: megabytes('Private_Clean') + megabytes('Private_Dirty'),
    proportional: megabytes('Pss'),
  };
}
