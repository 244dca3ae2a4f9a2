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

/**
 * Whether no process of that pid runs any more; one that nobody has waited for yet is gone too. Not by /proc alone, which can hide the
 * processes of others (hidepid= of proc(5)): who cannot be looked at is there.
 */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
