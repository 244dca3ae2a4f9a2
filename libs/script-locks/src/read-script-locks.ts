import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Lock, LockParty } from '@hatchery/events';
import type { HolderRecord, KernelLock } from '@hatchery/locks';
import { readRecord } from './held-by-our-job.ts';
import { kernelLocks, locksOfFile, type KernelLocks } from './kernel-locks.ts';
import { lockNameOf, lockPath } from './lock-files.ts';
import {
  ancestors,
  groupLives,
  isAlive,
  processFacts,
  startedAt,
  userName,
  type ProcessFacts,
} from './process-facts.ts';

/** Files of a locks directory that are looked at; it holds one for each name that scripts agreed on. */
const filesMax = 1_000;

/** Every lock of the directory that somebody holds, by whatever means. A missing directory holds none. */
export function readScriptLocks(directory: string): Lock[] {
  const files = listFiles(directory).slice(0, filesMax);
  if (files.length === 0) return [];
  const kernel = kernelLocks(directory);
  return files.flatMap((file) => {
    const name = lockNameOf(file);
    const lock = name === null ? null : describe(directory, name, join(directory, file), kernel);
    return lock === null ? [] : [lock];
  });
}

/** One lock, or null when nobody holds it. */
export function readScriptLock(directory: string, name: string): Lock | null {
  const path = lockPath(directory, name);
  return existsSync(path) ? describe(directory, name, path, kernelLocks(directory)) : null;
}

function describe(directory: string, name: string, path: string, all: KernelLocks): Lock | null {
  const kernel = locksOfFileOrNone(all, path);
  const holder = kernel.find(({ waiting }) => !waiting);
  if (holder === undefined) return null;
  const record = holder.type === 'FLOCK' ? livingRecord(directory, name) : null;
  const waiters = kernel.flatMap(({ pid, waiting }) => (waiting && pid !== null ? waiterParty(pid) : []));
  const token = record?.token ?? foreignToken(holder);
  return {
    id: createHash('sha256').update(`${path}\0${token}`).digest('hex').slice(0, 12),
    kind: 'script',
    path,
    name,
    holder: record === null ? foreignParty(holder.pid) : recordedParty(record),
    waiters,
    condition: 'held',
    nonce: token,
    reasons: [reasonOf(record, holder)],
  };
}

function reasonOf(record: HolderRecord | null, { type, pid }: KernelLock): string {
  const how = type === 'FLOCK' ? 'flock(2)' : 'fcntl(2)';
  if (record === null) return `taken by ${how} outside hatchery`;
  if (isAlive(record.process)) return `the kernel holds it for process ${record.process.pid}`;
  return `its command has ended; a process that it left behind keeps the lock (${how}, taken by ${pid ?? 'unknown'})`;
}

/** The record of the one that holds the lock now; a record of an earlier holder is none. */
function livingRecord(directory: string, name: string): HolderRecord | null {
  const record = readRecord(directory, name);
  if (record === null) return null;
  return isAlive(record.process) || isAlive(record.runner) || groupLives(record.process.pid) ? record : null;
}

function recordedParty({ process: holder, user, host, command, since }: HolderRecord): LockParty {
  const above = pidsAbove(holder.pid);
  return { childId: null, pid: holder.pid, user, host, command: printable(command), since, ancestors: above };
}

function foreignParty(pid: number | null): LockParty {
  const facts = pid === null ? null : processFacts(pid);
  const nothing = { childId: null, pid, user: null, host: hostname(), command: null, since: null };
  return facts === null ? nothing : partyOf(facts, facts.words.join(' '));
}

/** A waiter of ours has `flock` wait on its descriptor (take-lock.ts of the CLI), so it is the process above that waits. */
function waiterParty(pid: number): LockParty[] {
  const facts = processFacts(pid);
  if (facts === null) return [];
  const onDescriptor = /(^|\/)flock$/.test(facts.words[0] ?? '') && /^\d+$/.test(facts.words.at(-1) ?? '');
  const waiter = (onDescriptor ? processFacts(facts.parentPid) : null) ?? facts;
  const words = waiter.words.slice(waiter.words.indexOf('--') + 1);
  return [partyOf(waiter, words.join(' '))];
}

function partyOf(facts: ProcessFacts, command: string): LockParty {
  return {
    childId: null,
    pid: facts.pid,
    user: userName(facts.uid),
    host: hostname(),
    command: printable(command),
    since: startedAt(facts),
    ancestors: pidsAbove(facts.pid),
  };
}

/** A command line may hold line feeds and whatever else a terminal obeys. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\s]+/gu, ' ');
}

function pidsAbove(pid: number): number[] {
  return ancestors(pid).map((one) => one.pid);
}

/** Foreign holders have no token; the taker and when it started tell one acquisition from most others. */
function foreignToken({ type, pid }: KernelLock): string {
  return `${type}-${pid ?? 0}-${pid === null ? 0 : (processFacts(pid)?.startTime ?? 0)}`;
}

function locksOfFileOrNone(all: KernelLocks, path: string): KernelLock[] {
  try {
    return locksOfFile(all, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
