import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@hatchery/config';
import { processStartTime } from '@hatchery/daemon';

/** A process, named for good: pids are reused, pairs are not. */
export interface ServicePid {
  readonly pid: number;
  readonly startTime: number;
}

/** What `start` has started, or null when it does not live. */
export function readServicePid(config: Config): ServicePid | null {
  try {
    const service = JSON.parse(readFileSync(pidFile(config), 'utf8')) as ServicePid;
    return processStartTime(service.pid) === service.startTime ? service : null;
  } catch {
    return null;
  }
}

export function writeServicePid(config: Config, pid: number): void {
  writeFileSync(pidFile(config), `${JSON.stringify({ pid, startTime: processStartTime(pid) })}\n`);
}

function pidFile(config: Config): string {
  return join(config.stateDirectory, 'service.json');
}
