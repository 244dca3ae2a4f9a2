import { readFileSync } from 'node:fs';

/**
 * How many processes the kernel has ended for memory since the boot (proc_vmstat, `oom_kill`); 0
 * where it does not say.
 */
export function readKernelKills(vmstat = '/proc/vmstat'): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(vmstat, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Tells whether the kernel has ended a process for memory since it was asked last. The counter is
 * of the whole machine and names nobody: an answer of yes about a session that SIGKILL ended, and
 * that nobody here had sent it, is a good guess.
 */
export class KernelKills {
  readonly #read: () => number;
  #seen: number;

  constructor(read: () => number = readKernelKills) {
    this.#read = read;
    this.#seen = read();
  }

  /** One count more is one session's; asked once for each. */
  takeOne(): boolean {
    if (this.#read() <= this.#seen) return false;
    this.#seen += 1;
    return true;
  }
}
