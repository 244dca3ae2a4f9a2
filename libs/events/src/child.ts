import type { LimitName } from './limit.ts';

/** The life of a child as an operator sees it; `exited` is final. */
export type ChildState = 'starting' | 'waiting' | 'running' | 'stopping' | 'exited';

/**
 * How a child ended, read from the raw wait status of wait(2): one of `code` and `signal` is null.
 */
export interface ChildExit {
  readonly code: number | null;
  /** Name with prefix, as `SIGKILL`. */
  readonly signal: string | null;
  /** The raw wait status, or null when the keeper died and nobody could know it. */
  readonly status: number | null;
}

/** Live use, sampled from /proc. A null was not readable at that moment. */
export interface ChildUsage {
  /** Share of one core since the sample before, in percent. */
  readonly cpuPercent: number | null;
  readonly rssBytes: number | null;
  /** Proportional set size: shared pages divided among their users. */
  readonly pssBytes: number | null;
  readonly privateBytes: number | null;
  readonly readBytes: number | null;
  readonly writeBytes: number | null;
  readonly minorFaults: number | null;
  readonly majorFaults: number | null;
}

/** Final use, as wait4(2) reports it. `maxRssBytes` counts pages shared with the zygote too. */
export interface ChildRusage {
  readonly userMs: number;
  readonly systemMs: number;
  readonly maxRssBytes: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly inBlocks: number;
  readonly outBlocks: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/**
 * A forked process that serves one session. Instants are RFC 3339 strings in UTC with milliseconds.
 */
export interface Child {
  readonly id: string;
  readonly pid: number;
  /**
   * Field 22 of /proc/<pid>/stat (clock ticks since boot): with `pid` it names a process for good.
   */
  readonly startTime: number;
  readonly user: string | null;
  /** Address of the SSH client, as `192.0.2.1:50022`. */
  readonly peer: string | null;
  readonly command: string;
  readonly state: ChildState;
  readonly startedAt: string;
  readonly connectedAt: string | null;
  readonly endedAt: string | null;
  readonly exit: ChildExit | null;
  readonly usage: ChildUsage | null;
  readonly rusage: ChildRusage | null;
  /** The limit that ended it; absent of one that lives or that ended otherwise. */
  readonly limit?: LimitName;
}
