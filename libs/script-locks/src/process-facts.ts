import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { processStartTime, statFields } from '@hatchery/daemon';
import type { ProcessName } from '@hatchery/locks';

/** What /proc says of a running process. */
export interface ProcessFacts extends ProcessName {
  readonly parentPid: number;
  readonly group: number;
  readonly uid: number;
  /** Stopped by SIGSTOP or a similar signal, or by a debugger. */
  readonly stopped: boolean;
  readonly words: readonly string[];
}

/**
 * How many ancestors to follow; there can be no loop, but a race with a reused pid can look like
 * one.
 */
const ancestorsMax = 64;

/**
 * One process, or null when none with that pid runs; a zombie does not run. Source:
 * proc_pid_stat(5).
 */
export function processFacts(pid: number): ProcessFacts | null {
  try {
    const fields = readStat(pid);
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    const [parentPid, group, startTime] = [fields[1], fields[2], fields[19]].map(Number) as [
      number,
      number,
      number,
    ];
    const stopped = /^t$/i.test(fields[0] ?? '');
    return { pid, parentPid, group, startTime, uid: statSync(`/proc/${pid}`).uid, stopped, words };
  } catch {
    return null;
  }
}

/** Whether this process still runs, as opposed to another one with its pid. */
export function isAlive({ pid, startTime }: ProcessName): boolean {
  return processStartTime(pid) === startTime;
}

/** The ancestors of a process, nearest first. */
export function ancestors(pid: number): ProcessFacts[] {
  const above: ProcessFacts[] = [];
  let facts = processFacts(pid);
  while (facts !== null && facts.parentPid > 0 && above.length < ancestorsMax) {
    facts = processFacts(facts.parentPid);
    if (facts !== null) above.push(facts);
  }
  return above;
}

/** Whether a process is a `hatchery lock` that runs a command or will (apps/cli/lock/main.py). */
export function isLockCommand({ words }: ProcessFacts): boolean {
  return words.some((word) => word.endsWith('/cli/lock/main.py'));
}

/**
 * Where a pid is valid: a boot of a kernel (random(4), `boot_id`) and a pid namespace in it
 * (pid_namespaces(7)).
 */
export interface PidScope {
  readonly boot: string;
  readonly pidNamespace: string;
}

/** The scope of the pids that this process sees. @throws where /proc is not mounted */
export function thisKernel(): PidScope {
  return {
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
  };
}

/**
 * The pid of a process in its own pid namespace (`NSpid`, proc_pid_status(5)); null when it is
 * gone.
 */
export function pidInItsNamespace(pid: number): number | null {
  try {
    const inside = /^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return inside === undefined ? null : Number(inside);
  } catch {
    return null;
  }
}

/** All running processes that this user may see. */
export function processes(): ProcessFacts[] {
  return readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? (processFacts(Number(name)) ?? []) : [],
  );
}

/** The name of a user, or `uid N` when the password file has none. */
export function accountName(uid: number): string {
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((one) => one.split(':'))
    .find((fields) => Number(fields[2]) === uid && fields.length >= 7);
  return entry?.[0] ?? `uid ${uid}`;
}

/**
 * When a process started, RFC 3339; to the second, because the kernel's boot time is no more exact.
 */
export function startedAt({ startTime }: ProcessName): string | null {
  const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
  // In hundredths of a second (USER_HZ), as everywhere in proc(5).
  return boot === undefined
    ? null
    : new Date((Number(boot) + Math.floor(startTime / 100)) * 1000).toISOString();
}

function readStat(pid: number): string[] {
  return statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
