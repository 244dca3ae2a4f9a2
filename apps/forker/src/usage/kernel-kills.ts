import { readFileSync } from 'node:fs';

/**
 * How many processes the kernel has killed for lack of memory since boot (proc_vmstat, `oom_kill`);
 * 0 where the kernel does not count.
 */
export function readKernelKills(vmstat = '/proc/vmstat'): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(vmstat, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Whether the kernel has killed a process for lack of memory since the last call. The counter
 * covers the whole host and names no process. If a session ended by SIGKILL that no part of
 * Hatchery sent, a yes is a good guess.
 */
export class KernelKills {
  readonly #read: () => number;
  #seen: number;

  constructor(read: () => number = readKernelKills) {
    this.#read = read;
    this.#seen = read();
  }

  /** One more count stands for one session, so ask once for each. */
  takeOne(): boolean {
    if (this.#read() <= this.#seen) return false;
    this.#seen += 1;
    return true;
  }
}
