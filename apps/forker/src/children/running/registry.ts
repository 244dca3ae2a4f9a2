import { readWaitStatus } from '@hatchery/protocol';
import {
  describeFailure,
  failureStatus,
  type Child,
  type ChildExit,
  type ChildRusage,
} from '@hatchery/events';
import type { EventBody, SessionFailure } from '@hatchery/events';
import { causeOf, causeOfEnd, type SentSignal } from '../ending/ending-cause.ts';
import { limitOfSignal, outOfMemoryCause } from '../ending/limit-cause.ts';

/** One child as the forker keeps it. */
export interface Entry {
  readonly child: Child;
  readonly directory: string;
  /** Why it is being ended, in words, once a run before this one has told; null else. */
  readonly cause: string | null;
  /** The gravest that it has reported; null or absent of one that went well so far. */
  readonly failure?: SessionFailure | null;
  /** What it was sent in this run that ends a child, oldest first, each signal once. */
  readonly sent?: readonly SentSignal[];
}

/**
 * How one child ended. `status` is raw, as wait(2) gives it; `known` is false when the keeper died
 * and nobody saw it.
 */
export interface Ending {
  readonly id: string;
  readonly status: number;
  readonly known: boolean;
  readonly rusage: ChildRusage | null;
  /** True when the kernel has ended a process for memory just now; absent where nobody looked. */
  readonly wasShortOfMemory?: boolean;
}

/** What clients are told when the real status was lost with the keeper: exit code 255. */
export const unknownStatus = 255 << 8;

/** The children that live. Pure: it is told what happened and says what to publish. */
export class ChildRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #countByUser = new Map<string | null, number>();
  spawnedTotal = 0;

  get size(): number {
    return this.#entries.size;
  }

  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  find(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  countOf(user: string | null): number {
    return this.#countByUser.get(user) ?? 0;
  }

  spawned(child: Child, directory: string): EventBody[] {
    this.spawnedTotal += 1;
    this.#add({ child, directory, cause: null });
    return [{ kind: 'child.spawned', child }];
  }

  /** A child that an earlier run has told of: nothing is published again. */
  restored(entry: Entry): void {
    this.#add(entry);
  }

  connected(id: string, at: Date): EventBody[] {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.child.connectedAt !== null) return [];
    const connectedAt = at.toISOString();
    // A child that is asked to stop stays `stopping`, whatever it still does.
    const state = entry.child.state === 'waiting' ? 'running' : entry.child.state;
    this.#entries.set(id, { ...entry, child: { ...entry.child, state, connectedAt } });
    return state === 'running' ? [{ kind: 'child.connected', id, connectedAt }] : [];
  }

  /** True while nobody has asked for its end. */
  isUnasked(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && entry.cause === null && (entry.sent ?? []).length === 0;
  }

  /** Somebody has asked for its end by a signal; the same one again is no news. */
  stopping(id: string, asked: SentSignal): EventBody[] {
    const entry = this.#entries.get(id);
    if (entry === undefined) return [];
    const { cause: earlier, sent: before = [] } = entry;
    if (
      before.some(({ signal }) => signal === asked.signal) ||
      earlier?.startsWith(`${asked.signal} `) === true
    )
      return [];
    const sent = [...before, asked];
    this.#entries.set(id, { ...entry, sent, child: { ...entry.child, state: 'stopping' } });
    return [{ kind: 'child.stopping', id, cause: causeOf(earlier, sent) ?? asked.why }];
  }

  /** What a session did not do; one that is not known has ended, and nothing is said of it. */
  failed(id: string, failure: SessionFailure): EventBody[] {
    const entry = this.#entries.get(id);
    if (entry === undefined) return [];
    if (isGraver(failure, entry.failure)) this.#entries.set(id, { ...entry, failure });
    return [{ kind: 'child.failed', id, failure }];
  }

  /** @throws when there is no such child */
  exited(ending: Ending, at: Date): [Extract<EventBody, { kind: 'child.exited' }>] {
    const entry = this.#entries.get(ending.id);
    if (entry === undefined) throw new Error(`child ${ending.id} exited, but was never spawned`);
    this.#entries.delete(ending.id);
    this.#count(entry.child.user, -1);
    const exit = describeExit(ending);
    const cause =
      causeOfEnd(entry.cause, entry.sent ?? [], exit.signal) ?? naturalCause(entry, exit, ending);
    return [
      {
        kind: 'child.exited',
        id: ending.id,
        endedAt: at.toISOString(),
        exit,
        rusage: ending.rusage,
        cause,
      },
    ];
  }

  #add(entry: Entry): void {
    const { id, user } = entry.child;
    if (this.#entries.has(id)) throw new Error(`child ${id} was spawned twice`);
    this.#entries.set(id, entry);
    this.#count(user, 1);
  }

  #count(user: string | null, change: 1 | -1): void {
    const count = this.countOf(user) + change;
    if (count === 0) this.#countByUser.delete(user);
    else this.#countByUser.set(user, count);
  }
}

function describeExit({ status, known }: Ending): ChildExit {
  if (!known) return { code: null, signal: null, status: null };
  const { code, signal } = readWaitStatus(status);
  return { code, signal, status };
}

const gravity = Object.keys(failureStatus);

function isGraver({ kind }: SessionFailure, known: SessionFailure | null | undefined): boolean {
  return (
    known === null || known === undefined || gravity.indexOf(kind) > gravity.indexOf(known.kind)
  );
}

function naturalCause(
  { child, failure }: Entry,
  { code, signal }: ChildExit,
  { known, wasShortOfMemory = false }: Ending,
): string {
  if (!known) return 'unknown: the keeper died before it';
  if (signal === 'SIGALRM' && child.connectedAt === null)
    return 'the client did not open the pipes in time';
  const limit = limitOfSignal(signal);
  if (limit !== null) return limit;
  if (signal === 'SIGKILL' && wasShortOfMemory) return outOfMemoryCause;
  if (signal !== null) return `killed by ${signal} from outside the service`;
  if (failure && code === failureStatus[failure.kind]) return describeFailure(failure);
  return code === 0 ? 'finished' : `failed with exit code ${code}`;
}
