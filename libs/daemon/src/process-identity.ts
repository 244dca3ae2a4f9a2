import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Field 22 of /proc/<pid>/stat (clock ticks since boot), or null when no such process lives.
 * With the pid it names a process for good: pids are reused, pairs are not. Source: proc(5).
 */
export function processStartTime(pid: number): number | null {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return hasEnded(fields) ? null : Number(fields[19]);
  } catch {
    return null;
  }
}

let boot: string | undefined;

/**
 * Names the boot that this machine runs: start times of processes count from it (random(4)). Empty
 * where /proc does not say.
 */
export function bootId(): string {
  try {
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    boot = '';
  }
  return boot;
}

/**
 * The pid namespace that our pids are of (pid_namespaces(7)), as `pid:[4026531836]`. Empty where
 * /proc does not say.
 */
export function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/**
 * Whether a record is of a process of this boot whose pid is counted in another pid namespace, as a
 * container has: from here nobody can tell whether it lives.
 */
export function isElsewhere(record: {
  readonly bootId: string;
  readonly pidNamespace: string;
}): boolean {
  return record.bootId === bootId() && record.pidNamespace !== pidNamespace();
}

/**
 * Whether no process of that pid runs any more; one that nobody has waited for yet is gone too. Not
 * by /proc alone, which can hide the processes of others (hidepid= of proc(5)): who cannot be
 * looked at is there.
 */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return hasEnded(statFields(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * The fields of a line of /proc/PID/stat from the third one on, the state: the second, a name, may
 * hold spaces and parentheses (proc(5)).
 */
export function statFields(line: string): string[] {
  return line.slice(line.lastIndexOf(')') + 2).split(' ');
}

function hasEnded([state]: readonly string[]): boolean {
  return state === 'Z' || state === 'X';
}
