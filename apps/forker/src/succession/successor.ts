import type { Config } from '@hatchery/config';
import { processStartTime, readPartRecord } from '@hatchery/daemon';

/** A forker that takes over from this one. Pids are reused; pid and start time together are not. */
export interface Successor {
  readonly pid: number;
  readonly startTime: number;
  /** Its socket of the fork protocol. */
  readonly socket: string;
}

/** How far it has come. */
export function stateOf(
  config: Config,
  { pid, startTime }: Successor,
): 'starting' | 'serving' | 'gone' {
  if (processStartTime(pid) !== startTime) return 'gone';
  return readPartRecord(config, 'forker')?.pid === pid ? 'serving' : 'starting';
}
