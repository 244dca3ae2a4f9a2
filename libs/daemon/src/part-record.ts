import { existsSync, linkSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { partRecordPath, type Config } from '@hatchery/config';
import { FormatError } from '@hatchery/formats';
import { bootId, isElsewhere, pidNamespace, processStartTime } from './process-identity.ts';
import { makeDirectories } from './make-directories.ts';
import { createFile, modes } from './modes.ts';
import { StartError } from './start-error.ts';
import { readVersioned, versionedText } from './versioned-file.ts';

/**
 * What a running part tells commands about itself. `details` is the part's own, as its addresses.
 */
export interface PartRecord {
  readonly name: string;
  readonly pid: number;
  readonly startTime: number;
  /** The boot that the start time counts from; the record outlives it. */
  readonly bootId: string;
  /** The pid namespace that the pid is of. */
  readonly pidNamespace: string;
  readonly readySince: string;
  /** Whether it was started by a supervisor, and drains and ends when that is gone. */
  readonly supervised: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * What this process writes of itself when it is ready; `supervised` as in {@link PartRecord}.
 * @throws {StartError} without /proc, which names processes
 */
export function ownRecord(
  name: string,
  details: PartRecord['details'],
  supervised = false,
): PartRecord {
  const startTime = processStartTime(process.pid);
  if (startTime === null)
    throw new StartError('/proc is not mounted; hatchery needs it to name processes');
  const identity = {
    pid: process.pid,
    startTime,
    bootId: bootId(),
    pidNamespace: pidNamespace(),
  };
  return { name, ...identity, readySince: new Date().toISOString(), supervised, details };
}

/**
 * The record of a part that lives, or null: a record whose process is gone counts as none.
 * @throws {FormatError} when it is of another version
 */
export function readPartRecord(config: Config, name: string): PartRecord | null {
  return readRecord(partRecordPath(config, name));
}

/**
 * The records of parts that have been replaced and still live, the oldest first: each has somebody
 * to serve to the end, or is about to go. In the midst of a replacement the one that serves can be
 * among them.
 */
export function readReplacedRecords(config: Config, name: string): PartRecord[] {
  return keptRecords(partRecordPath(config, name))
    .map(readRecord)
    .filter((record) => record !== null)
    .toSorted((a, b) => a.startTime - b.startTime);
}

/**
 * Writes the record whole or not at all; dispose it to remove it. A successor that ends before its
 * predecessor, as in an upgrade that is called off, leaves the record as it found it.
 */
export function writePartRecord(config: Config, record: PartRecord): Disposable {
  const path = partRecordPath(config, record.name);
  // A detail may be a secret, as the dashboard's sign-in link.
  makeDirectories(dirname(path), modes.secretDirectory);
  removeStale(path);
  const before = readPartRecord(config, record.name);
  // The predecessor's own to remove when it ends.
  const kept = before === null ? null : keptPath(path, before.pid);
  if (kept !== null) rmSync(kept, { force: true });
  if (kept !== null) linkSync(path, kept);
  createFile(`${path}.${record.pid}`, versionedText('partRecord', record), modes.secretFile);
  renameSync(`${path}.${record.pid}`, path);
  return {
    [Symbol.dispose]: () => {
      rmSync(keptPath(path, record.pid), { force: true });
      // A successor of another version has written its own.
      if (isOfAnotherVersion(path)) return;
      if (readPartRecord(config, record.name)?.pid === record.pid) {
        if (kept !== null && existsSync(kept)) renameSync(kept, path);
        else rmSync(path, { force: true });
      }
      // Of one that was killed: nobody else removes it.
      if (readPartRecord(config, record.name) === null) rmSync(path, { force: true });
      removeStale(path);
    },
  };
}

/**
 * The record of a part that runs in another pid namespace of this host, if it runs: from here
 * nobody can tell. Null when there is none.
 */
export function readPartRecordElsewhere(config: Config, name: string): PartRecord | null {
  const record = parseRecord(partRecordPath(config, name));
  return record !== null && isElsewhere(record) ? record : null;
}

function readRecord(path: string): PartRecord | null {
  const record = parseRecord(path);
  if (record === null || isElsewhere(record)) return null;
  return record.bootId === bootId() && processStartTime(record.pid) === record.startTime
    ? record
    : null;
}

function parseRecord(path: string): PartRecord | null {
  return readVersioned<PartRecord>(path, 'partRecord');
}

/** What killed ones have left: nobody else removes it. */
function removeStale(path: string): void {
  for (const kept of keptRecords(path)) {
    if (!mayLive(kept)) rmSync(kept, { force: true });
  }
}

function mayLive(kept: string): boolean {
  // That version removes it itself.
  if (isOfAnotherVersion(kept)) return true;
  const record = parseRecord(kept);
  return record !== null && (isElsewhere(record) || readRecord(kept) !== null);
}

function isOfAnotherVersion(path: string): boolean {
  try {
    parseRecord(path);
    return false;
  } catch (error) {
    if (error instanceof FormatError) return true;
    throw error;
  }
}

/**
 * The paths of all records that are kept beside one; none when their directory is not there, or not
 * ours to read.
 */
function keptRecords(path: string): string[] {
  const directory = dirname(path);
  const start = `${basename(path)}.`;
  const isKept = (name: string): boolean =>
    name.startsWith(start) && /^\d+-$/.test(name.slice(start.length));
  try {
    return readdirSync(directory)
      .filter(isKept)
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

function keptPath(path: string, pid: number): string {
  return `${path}.${pid}-`;
}
