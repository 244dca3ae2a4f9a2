import { setTimeout as delay } from 'node:timers/promises';
import {
  attachChild,
  forkChild,
  ForkerUnavailableError,
  ForkRefusedError,
  type ForkedChild,
  type ForkOptions,
  type SpawnedChild,
} from '@hatchery/forker-client';
import { forkRefusalCodeOf, readWaitStatus, type ForkRefusalCode } from '@hatchery/protocol';
import { waitFor } from '@hatchery/waiting';
import type { Limits } from '../limits.ts';
import type { ChildExit } from '../ssh/channels/exit-report.ts';

/**
 * A child that serves a session. A spawned child belongs only to this gateway, which signals it
 * itself; no service knows its id.
 */
export type SessionChild = Omit<ForkedChild, 'directory'> & Partial<Pick<SpawnedChild, 'signal'>>;

/**
 * Runs a session without the fork service (`ssh.fallback = "spawn"`). @throws as {@link spawnChild}
 */
export type Spawn = (
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
) => Promise<SpawnedChild>;

/** What to do while the fork service is unavailable. */
export interface Absence {
  /** Spawns a child instead. Null to refuse. */
  readonly spawn: Spawn | null;
  /**
   * When somebody stopped it, and who, as text for the log; null when it is unavailable for another
   * reason.
   */
  readonly stopped: () => { readonly at: string; readonly words: string } | null;
}

/** A child, or the reason why there is none. */
export type ForkOutcome =
  | { readonly kind: 'forked'; readonly child: SessionChild }
  | { readonly kind: 'spawned'; readonly child: SessionChild; readonly cause: Error }
  | { readonly kind: 'refused'; readonly line: string; readonly code: ForkRefusalCode }
  /** The fork service is unavailable, and nothing is spawned instead. */
  | { readonly kind: 'unavailable'; readonly line: string; readonly cause: Error }
  | { readonly kind: 'aborted' };

export type RetryLimits = Pick<Limits, 'forkRetryForMs' | 'forkRetryEveryMs' | 'reattachForMs'>;

/**
 * Asks for a child, and retries for a moment while the service restarts. `signal` ends the retries
 * between two requests, never during one: a child whose answer is not read would wait for its pipes
 * until it times out.
 */
export async function obtainChild(
  options: Omit<ForkOptions, 'signal'>,
  limits: RetryLimits,
  signal: AbortSignal,
  { spawn, stopped }: Absence,
): Promise<ForkOutcome> {
  const lastTryAt = performance.now() + limits.forkRetryForMs;
  for (;;) {
    try {
      return { kind: 'forked', child: await forkChild(options) };
    } catch (error) {
      if (error instanceof ForkRefusedError) return refused(error);
      if (!(error instanceof ForkerUnavailableError)) throw error;
      const stop = stopped();
      // An operator stopped it: do not wait, and do not spawn instead.
      if (stop !== null)
        return unavailable(new Error(stop.words, { cause: error }), stoppedLine(stop.at));
      if (performance.now() >= lastTryAt)
        return spawn === null ? unavailable(error) : spawnInstead(options, error, spawn);
    }
    if (!(await pause(limits.forkRetryEveryMs, signal))) return { kind: 'aborted' };
  }
}

function refused({ reason }: ForkRefusedError): ForkOutcome {
  return { kind: 'refused', line: `hatchery: ${reason}`, code: forkRefusalCodeOf(reason) };
}

const restartingLine = 'hatchery: the service is restarting; try again in a minute';

function stoppedLine(at: string): string {
  return `hatchery: no session is started: an operator stopped the fork service at ${at}; try again later, or ask them`;
}

function unavailable(cause: Error, line: string = restartingLine): ForkOutcome {
  return { kind: 'unavailable', line, cause };
}

async function spawnInstead(
  { command, environment }: ForkOptions,
  cause: Error,
  spawn: Spawn,
): Promise<ForkOutcome> {
  try {
    return { kind: 'spawned', child: await spawn(command, environment), cause };
  } catch (error) {
    if (error instanceof ForkerUnavailableError) return unavailable(error);
    if (error instanceof ForkRefusedError) return refused(error);
    throw error;
  }
}

/**
 * How a child ended. If the service stops first, asks its successor by the child's id. Null when
 * the successor does not know, does not come in time, or `signal` fires.
 */
export async function exitOf(
  child: SessionChild,
  socket: string,
  limits: RetryLimits,
  signal: AbortSignal,
): Promise<ChildExit | null> {
  let connection: SessionChild = child;
  for (;;) {
    try {
      return toChildExit(await connection.exited);
    } catch (error) {
      if (!(error instanceof ForkerUnavailableError)) throw error;
      if (child.signal !== undefined) return null;
    }
    const attached = await reattach(child.id, socket, limits, signal);
    if (attached === null) return null;
    connection = attached;
    signal.addEventListener('abort', () => attached[Symbol.dispose](), { once: true });
  }
}

/** Null when nobody knows the child, the fork service stays away, or `signal` fires. */
async function reattach(
  id: string,
  socket: string,
  { forkRetryEveryMs: everyMs, reattachForMs: forMs }: RetryLimits,
  signal: AbortSignal,
): Promise<ForkedChild | null> {
  const look = async (): Promise<{ readonly child: ForkedChild | null } | null> => {
    try {
      return { child: await attachChild({ socket, signal }, id) };
    } catch (error) {
      return error instanceof ForkerUnavailableError ? null : { child: null };
    }
  };
  return (await waitFor(look, { everyMs, forMs, signal }))?.child ?? null;
}

function toChildExit(status: number): ChildExit {
  const { code, signal, coreDumped } = readWaitStatus(status);
  if (code !== null) return { kind: 'code', code };
  return signal === null ? { kind: 'unknown' } : { kind: 'signal', signal, coreDumped };
}

/** False when `signal` fired. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
