import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { partHaltPath, type Config } from '@hatchery/config';
import { FormatError } from '@hatchery/formats';
import { makeDirectories } from './make-directories.ts';
import { createFile, modes } from './modes.ts';
import { readPartRecord } from './part-record.ts';
import { readVersioned, versionedText } from './versioned-file.ts';

/**
 * Why a part does not serve: somebody has asked it to stop, or it keeps failing and is tried again.
 */
export interface PartHalt {
  readonly name: string;
  readonly state: 'stopped' | 'failing';
  /** When it was asked to stop, or failed last; RFC 3339. */
  readonly at: string;
  /**
   * Who asked and how, as `quit by root (uid 0, pid 77, socat)` or `SIGTERM`; of one that fails the
   * last error. One line.
   */
  readonly reason: string;
  /** Failures in a row; 0 of one that was stopped. */
  readonly attempts: number;
  /**
   * When it is started again, RFC 3339; null of one that was stopped, which waits for `hatchery
   * start`.
   */
  readonly nextTryAt: string | null;
  /** Who wrote this: the part that was stopped, or the supervisor of one that fails. */
  readonly pid: number;
  readonly startTime: number;
}

/**
 * What stands written of a part, whoever lives; null when nothing does. A record of another version
 * counts as one of a part that was stopped, with the sentence that says so as its reason.
 */
export function readPartHalt(config: Config, name: string): PartHalt | null {
  try {
    return readVersioned<PartHalt>(partHaltPath(config, name), 'partHalt');
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // Whatever it says, the part does not run; a supervisor must not end over that.
    const nobody = { attempts: 0, nextTryAt: null, pid: 0, startTime: 0 };
    return { name, state: 'stopped', at: '', reason: error.message, ...nobody };
  }
}

/**
 * Why a part does not serve now, or is about to stop serving; null of one that serves, and of one
 * of which nothing is written.
 */
export function currentHalt(config: Config, name: string): PartHalt | null {
  const halt = readPartHalt(config, name);
  if (halt === null) return null;
  const serving = readPartRecord(config, name);
  return serving === null || serving.pid === halt.pid ? halt : null;
}

/** Writes it whole or not at all. @throws the system's error */
export function writePartHalt(config: Config, halt: PartHalt): void {
  const path = partHaltPath(config, halt.name);
  const scratch = `${path}.${process.pid}`;
  makeDirectories(dirname(path), modes.secretDirectory);
  try {
    createFile(scratch, versionedText('partHalt', halt), modes.secretFile);
    renameSync(scratch, path);
  } catch (error) {
    rmSync(scratch, { force: true });
    throw error;
  }
}

/**
 * Takes it away; the supervisor of a part that waits then starts it at once. With `pid` only what
 * that process wrote.
 */
export function clearPartHalt(config: Config, name: string, pid?: number): void {
  if (pid !== undefined && readPartHalt(config, name)?.pid !== pid) return;
  rmSync(partHaltPath(config, name), { force: true });
}

/** In one line, for status, page and refusals alike. */
export function describeHalt({ state, at, reason, attempts, nextTryAt }: PartHalt): string {
  // Of another version nobody knows when and by whom.
  if (at === '') return reason;
  if (state === 'stopped') return `stopped at ${at} by ${reason}; hatchery start starts it again`;
  const tries = attempts === 1 ? 'once' : `${attempts} times in a row`;
  return `it failed ${tries}, the last time at ${at}: ${reason}; next try at ${nextTryAt}`;
}
