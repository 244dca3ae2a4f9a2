import { readFileSync } from 'node:fs';

/**
 * CPU time that all threads of a process have used, in milliseconds; its grain is a clock tick of
 * 10. @throws when it is gone
 */
export function cpuMilliseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Fields 14 and 15 of proc(5), counted from behind the name, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
