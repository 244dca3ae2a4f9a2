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

/** Where the keeper waits for a forker. Mode 0600: any process that reaches it can fork. */
export function keeperSocketPath(config: Config): string {
  return join(config.runtimeDirectory, 'keeper.sock');
}

/**
 * The home directory of sessions. Breezy looks for a configuration there, and finds the operator's.
 */
export function breezyHome(config: Config): string {
  return join(config.stateDirectory, 'breezy');
}

/** Where sessions put temporary files, which Breezy removes itself. */
export function sessionScratch(config: Config): string {
  return join(breezyHome(config), 'tmp');
}

/**
 * The only part of the state directory that sessions may read (apps/forker/zygote/restrictions.py).
 */
export function readOnlyDirectory(config: Config): string {
  return join(config.stateDirectory, 'read-only');
}

/**
 * This file exists while the service is read-only; it says why as JSON: `{reason, since, actor}`.
 * Sessions look for it before each change, so it applies to running sessions and survives restarts.
 */
export function readOnlyPath(config: Config): string {
  return join(readOnlyDirectory(config), 'read-only.json');
}

/**
 * The host key that a first use makes. A missing key elsewhere is the operator's to restore: a new
 * one would make this a different host.
 */
export function defaultHostKey(stateDirectory: string): string {
  return join(stateDirectory, 'ssh_host_ed25519_key');
}

/**
 * Where parts record sign-ins, refusals and actions. It holds addresses and key fingerprints of
 * people.
 */
export function auditDirectory(config: Config): string {
  return join(config.stateDirectory, 'audit');
}

/** Where the fork service writes its events, so that its successor continues with them. */
export function eventsDirectory(config: Config): string {
  return join(config.stateDirectory, 'events');
}

/**
 * The record of a running part (pid, start time, addresses), by which commands find it. It is in
 * the state directory, which no cleaner empties as it does /tmp.
 */
export function partRecordPath(config: Config, part: string): string {
  return join(partsDirectory(config), `${part}.json`);
}

/** Says why a part does not serve; exists only during that time. */
export function partHaltPath(config: Config, part: string): string {
  return join(partsDirectory(config), `${part}.halt.json`);
}

/** The records of all parts of a state directory, for the user of the service alone. */
export function partsDirectory(config: Pick<Config, 'stateDirectory'>): string {
  return join(config.stateDirectory, 'parts');
}
