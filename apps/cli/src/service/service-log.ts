import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@hatchery/config';
import { makeDirectories, modes, openFile } from '@hatchery/daemon';
import { logBytesMax } from '../limits.ts';

/** Where a detached service logs. A service of systemd's logs to the journal instead. */
export function serviceLogPath({ stateDirectory }: Pick<Config, 'stateDirectory'>): string {
  return join(stateDirectory, 'hatchery.log');
}

/**
 * Opens it for a service that is about to start; the descriptor. One of more than {@link
 * logBytesMax} becomes `hatchery.log.1` first. Each write goes to the file's end, so that
 * logrotate's `copytruncate` works while the service runs.
 */
export function openServiceLog(
  config: Pick<Config, 'stateDirectory'>,
  bytesMax: number = logBytesMax,
): number {
  makeDirectories(config.stateDirectory, modes.passage);
  const path = serviceLogPath(config);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > bytesMax) renameSync(path, `${path}.1`);
  // Users, addresses and branches are nobody else's business.
  return openFile(path, 'a', modes.secretFile);
}
