import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a silent keeper means, and what may be done, in one line for the operator. That is theirs to
 * decide: with a keeper goes the knowledge of how each running session ends.
 */
export function silentKeeper(pid: number | null): string {
  const which = pid ?? 'PID';
  const whose = pid === null ? '' : ` (pid ${pid})`;
  return (
    `the keeper${whose} gives no answer, so no session can be started; kill -CONT ${which} wakes one that was stopped; ` +
    `after kill -KILL ${which} another is started: running sessions go on, but how they end will not be known`
  );
}

/**
 * The pid of the keeper of a runtime directory as it wrote it down, for one that has not said it;
 * null when it has not.
 */
export function writtenKeeperPid(runtimeDirectory: string): number | null {
  try {
    const pid = Number(readFileSync(join(runtimeDirectory, 'keeper.lock'), 'utf8'));
    return pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
