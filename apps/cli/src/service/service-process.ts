import { linkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@hatchery/config';
import {
  bootId,
  createFile,
  isElsewhere,
  makeDirectories,
  modes,
  pidNamespace,
  processStartTime,
  readVersioned,
  versionedText,
} from '@hatchery/daemon';

/** The `hatchery up` of a state directory. Pids are reused; pid and start time together are not. */
export interface ServiceProcess {
  readonly pid: number;
  readonly startTime: number;
  /** The boot that the start time counts from. */
  readonly bootId: string;
  /** The pid namespace (pid_namespaces(7)) that the pid is of, as `pid:[4026531836]`. */
  readonly pidNamespace: string;
  /** Whether `hatchery start` started it: then nobody else waits for its end. */
  readonly detached: boolean;
  /** Where its sockets are, whatever the configuration has said since. */
  readonly runtimeDirectory: string;
}

/** The `up` that runs on this state directory, or null when none lives. */
export function readService(config: Config): ServiceProcess | null {
  const service = readRecord(recordPath(config));
  const isOurs = service !== null && service.bootId === bootId() && !isElsewhere(service);
  return isOurs && processStartTime(service.pid) === service.startTime ? service : null;
}

/**
 * The `up` of this state directory in another pid namespace of this host, if it runs: from here
 * nobody can tell. Null when there is none.
 */
export function readServiceElsewhere(config: Config): ServiceProcess | null {
  const service = readRecord(recordPath(config));
  return service !== null && isElsewhere(service) ? service : null;
}

/**
 * Makes this process the one `up` of the state directory; dispose it at the end. @throws when
 * another one lives
 */
export function claimService(config: Config, detached: boolean): Disposable {
  makeDirectories(config.stateDirectory, modes.passage);
  const own = {
    pid: process.pid,
    startTime: processStartTime(process.pid),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
    detached,
    runtimeDirectory: config.runtimeDirectory,
  };
  const path = recordPath(config);
  const scratch = `${path}.${process.pid}`;
  try {
    createFile(scratch, versionedText('service', own), modes.publicFile);
    refuseForeign(path);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new Error(`${path} cannot be written: a directory is in its place; move it away`);
    const running = readService(config);
    if (running !== null)
      throw new Error(
        `hatchery runs already on ${config.stateDirectory} (pid ${running.pid}); hatchery stop ends it`,
      );
    // Of two that find the same dead one, link(2) lets one through; the other finds it alive the
    // next time.
    rmSync(path, { force: true });
    linkSync(scratch, path);
  } finally {
    rmSync(scratch, { force: true });
  }
  return {
    [Symbol.dispose]: () => {
      if (readService(config)?.pid === process.pid) rmSync(path, { force: true });
    },
  };
}

/**
 * A pid of another container says nothing here: its service may well run, and its record must stay.
 */
function refuseForeign(path: string): void {
  const record = readRecord(path);
  if (record === null || !isElsewhere(record)) return;
  throw new Error(
    `${path} is of a hatchery in another pid namespace, as a container has (pid ${record.pid} there); stop it there, or remove the file if it is gone`,
  );
}

function readRecord(path: string): ServiceProcess | null {
  return readVersioned<ServiceProcess>(path, 'service');
}

function recordPath(config: Config): string {
  return join(config.stateDirectory, 'service.json');
}
