import { readFileSync } from 'node:fs';

/**
 * Field 22 of /proc/<pid>/stat (clock ticks since boot), or null when no such process lives.
 * With the pid it names a process for good: pids are reused, pairs are not. Source: proc(5).
 */
export function processStartTime(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name in field 2 may hold spaces and parentheses, so count from its last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return Number(fields[19]);
  } catch {
    return null;
  }
}
