import { join } from 'node:path';
import type { Config } from './config.ts';

/**
 * Where the forker answers `GET /v1/state`, `GET /v1/events` and actions, as HTTP over a Unix
 * socket.
 */
export function controlSocketPath(config: Config): string {
  return join(config.runtimeDirectory, 'control.sock');
}

/**
 * Where the SSH gateway answers `GET /v1/state`, `GET /v1/events`, health, metrics and actions, as
 * HTTP over a Unix socket.
 */
export function gatewayControlSocketPath(config: Config): string {
  return join(config.runtimeDirectory, 'gateway.sock');
}

/** Where the keeper waits for a forker. Mode 0600: whoever reaches it can fork. */
export function keeperSocketPath(config: Config): string {
  return join(config.runtimeDirectory, 'keeper.sock');
}

/**
 * The home directory that sessions run with. Breezy looks for a configuration there, and finds the
 * operator's.
 */
export function breezyHome(config: Config): string {
  return join(config.stateDirectory, 'breezy');
}

/** Where sessions put temporary files, which Breezy removes itself. */
export function sessionScratch(config: Config): string {
  return join(breezyHome(config), 'tmp');
}

/**
 * All that sessions read of the state directory: the rest is closed to them
 * (apps/forker/zygote/restrictions.py).
 */
export function readOnlyDirectory(config: Config): string {
  return join(config.stateDirectory, 'read-only');
}

/**
 * Is there while the service is read-only, with why as JSON: `{reason, since, actor}`. Sessions
 * look at it before each change, so it holds for those that run, and through restarts.
 */
export function readOnlyPath(config: Config): string {
  return join(readOnlyDirectory(config), 'read-only.json');
}

/**
 * The host key that a first use makes; one that stands elsewhere is somebody's own, and a new one
 * would be another host.
 */
export function defaultHostKey(stateDirectory: string): string {
  return join(stateDirectory, 'ssh_host_ed25519_key');
}

/**
 * Where parts write who was let in, who was not, and what was done. It holds addresses and key
 * fingerprints of people.
 */
export function auditDirectory(config: Config): string {
  return join(config.stateDirectory, 'audit');
}

/** Where the fork service writes its events, so that its successor goes on with them. */
export function eventsDirectory(config: Config): string {
  return join(config.stateDirectory, 'events');
}

/**
 * What a running part says of itself (pid, start time, addresses), so that commands find it. It
 * stands in the state directory, which nobody cleans as they do /tmp.
 */
export function partRecordPath(config: Config, part: string): string {
  return join(partsDirectory(config), `${part}.json`);
}

/** Why a part does not serve, while it does not. */
export function partHaltPath(config: Config, part: string): string {
  return join(partsDirectory(config), `${part}.halt.json`);
}

/** The records of all parts of a state directory, for the user of the service alone. */
export function partsDirectory(config: Pick<Config, 'stateDirectory'>): string {
  return join(config.stateDirectory, 'parts');
}
