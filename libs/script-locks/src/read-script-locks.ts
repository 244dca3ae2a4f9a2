import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { onOneLine } from '@hatchery/display';
import type { Lock, LockParty } from '@hatchery/events';
import type { KernelLock, ProcessName } from '@hatchery/locks';
import { readRecord, recordTrouble } from './read-record.ts';
import { identifyHolder, type IdentifiedHolder } from './identify-holder.ts';
import { kernelLocks, locksOfFile, type KernelLocks } from './kernel-locks.ts';
import { deletedLocks, nameOfDeleted, type DeletedLock } from './deleted-locks.ts';
import { deletedSuffix, lockNameOf, lockPath } from './lock-files.ts';
import { searchHolders } from './lock-holders.ts';
import {
  ancestors,
  isAlive,
  isLockCommand,
  processFacts,
  startedAt,
  thisKernel,
  accountName,
  type ProcessFacts,
} from './process-facts.ts';

/**
 * How many files of a locks directory are read; it holds one for each name that scripts agreed on.
 */
const filesMax = 1_000;

/**
 * The processes that had a lock at the last look, by the lock's path: a caller that looks often
 * passes them again, and most looks are short.
 */
export type KnownHolders = Map<string, ProcessName>;

/**
 * Every lock of the directory that a process holds, by any kind of lock. A missing directory has
 * none.
 */
export function readScriptLocks(directory: string, known: KnownHolders = new Map()): Lock[] {
  const files = listFiles(directory)?.slice(0, filesMax);
  if (files === undefined) return [];
  const kernel = kernelLocks(directory);
  const named = files.flatMap((file) => {
    const name = lockNameOf(file);
    const lock =
      name === null ? null : describe(directory, name, join(directory, file), kernel, known);
    return lock === null ? [] : [lock];
  });
  const deleted = deletedLocks(directory, files, kernel).flatMap((one) =>
    describeDeleted(directory, one, known),
  );
  return [...named, ...deleted];
}

/** The holder of a deleted file: it keeps running, and the next process locks another file. */
function describeDeleted(
  directory: string,
  { path, kernel }: DeletedLock,
  known: KnownHolders,
): Lock[] {
  const name = nameOfDeleted(path);
  const lock = name === null ? null : tell(directory, name, path, [kernel], known);
  const reason =
    'its file was deleted: the next process locks a new file, and both run at the same time';
  return lock === null
    ? []
    : [{ ...lock, condition: 'deleted', reasons: [reason, ...lock.reasons] }];
}

/** One lock, or null when no process holds it. */
export function readScriptLock(directory: string, name: string): Lock | null {
  const path = lockPath(directory, name);
  return existsSync(path)
    ? describe(directory, name, path, kernelLocks(directory), new Map())
    : null;
}

/** Whether the kernel has a lock on a file of a directory at this moment. */
export function isLocked(path: string): boolean {
  if (path.endsWith(deletedSuffix)) return searchHolders(path).all().length > 0;
  return locksOfFileOrNone(kernelLocks(dirname(path)), path).some(({ waiting }) => !waiting);
}

function describe(
  directory: string,
  name: string,
  path: string,
  all: KernelLocks,
  known: KnownHolders,
): Lock | null {
  return tell(directory, name, path, locksOfFileOrNone(all, path), known);
}

function tell(
  directory: string,
  name: string,
  path: string,
  kernel: readonly KernelLock[],
  known: KnownHolders,
): Lock | null {
  const held = kernel.find(({ waiting }) => !waiting);
  if (held === undefined) return null;
  const claim = held.type === 'FLOCK' ? readRecord(directory, name) : null;
  const trouble = held.type === 'FLOCK' && claim === null ? recordTrouble(directory, name) : null;
  const holder = identifyHolder(held, claim, searchHolders(path), known.get(path) ?? null);
  const { record, process: one, reason } = holder;
  // The table was read before the processes were, so the lock may be free by now.
  if (one === null && !isLocked(path)) return null;
  if (one === null) known.delete(path);
  else known.set(path, { pid: one.pid, startTime: one.startTime });
  const token = record?.token ?? foreignToken(held, one);
  return {
    id: createHash('sha256').update(`${path}\0${token}`).digest('hex').slice(0, 12),
    kind: 'script',
    path,
    name,
    holder: partyOfHolder(holder),
    waiters: kernel.flatMap(({ pid, waiting }) =>
      waiting && pid !== null ? waiterParty(pid) : [],
    ),
    condition: 'held',
    nonce: token,
    reasons: trouble === null ? [onOneLine(reason)] : [onOneLine(reason), onOneLine(trouble)],
  };
}

function partyOfHolder({ record, process: one }: IdentifiedHolder): LockParty {
  if (record === null) return one === null ? nobodyKnown() : partyOf(one, commandOf(one));
  const { process: command, user, host, since } = record;
  // Its pids belong to another namespace: here those numbers mean other processes, also those of
  // its ancestors.
  if (one !== null && record.pidNamespace !== thisKernel().pidNamespace) {
    const words = isLockCommand(one) ? record.command : commandOf(one);
    return {
      childId: null,
      pid: one.pid,
      user,
      host,
      command: onOneLine(words),
      since,
      ancestors: pidsAbove(one.pid),
    };
  }
  // Its command may have ended; then the processes that it left behind have to end, too.
  const left = isAlive(command) || one === null || isLockCommand(one) ? null : one;
  const pid = left?.pid ?? command.pid;
  const words = onOneLine(left === null ? record.command : commandOf(left));
  return { childId: null, pid, user, host, command: words, since, ancestors: pidsAbove(pid) };
}

function nobodyKnown(): LockParty {
  return { childId: null, pid: null, user: null, host: hostname(), command: null, since: null };
}

/** A shell whose `flock` waits on a descriptor of the shell's counts as a waiter itself. */
function waiterParty(pid: number): LockParty[] {
  const facts = processFacts(pid);
  if (facts === null) return [];
  const onDescriptor =
    /(^|\/)flock$/.test(facts.words[0] ?? '') && /^\d+$/.test(facts.words.at(-1) ?? '');
  const waiter = (onDescriptor ? processFacts(facts.parentPid) : null) ?? facts;
  return [partyOf(waiter, commandOf(waiter))];
}

/** The command of a process; for a `hatchery lock`, the command that it runs or will run. */
function commandOf(one: ProcessFacts): string {
  return one.words.slice(isLockCommand(one) ? one.words.indexOf('--') + 1 : 0).join(' ');
}

function partyOf(facts: ProcessFacts, command: string): LockParty {
  return {
    childId: null,
    pid: facts.pid,
    user: accountName(facts.uid),
    host: hostname(),
    command: onOneLine(command),
    since: startedAt(facts),
    ancestors: pidsAbove(facts.pid),
  };
}

function pidsAbove(pid: number): number[] {
  return ancestors(pid).map((one) => one.pid);
}

/**
 * Foreign holders have no token: the taker, the holder and its start time identify an acquisition.
 */
function foreignToken({ type, pid }: KernelLock, one: ProcessFacts | null): string {
  return `${type}-${pid ?? 0}-${one?.pid ?? 0}-${one?.startTime ?? 0}`;
}

function locksOfFileOrNone(all: KernelLocks, path: string): KernelLock[] {
  try {
    return locksOfFile(all, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function listFiles(directory: string): string[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [entry.name] : [],
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
