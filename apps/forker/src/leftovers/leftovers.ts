import { realpathSync, rmSync } from 'node:fs';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import { sumLeftovers, type Leftover, type LeftoverSum } from '@hatchery/events';
import type { LockService } from '../locks/lock-service.ts';
import { walkBranches } from '../locks/sweep.ts';
import { leftoverAskedMsMin, leftoverFirstMs, leftoverMsMin, leftoverPauseMs } from '../limits.ts';
import { findLeftovers } from './find-leftovers.ts';
import { openFiles } from './open-files.ts';

/** What the search for leftovers works with. */
export interface LeftoversContext {
  /** The hosting root without symlinks. */
  readonly root: string;
  readonly hasSession: (directory: string) => boolean;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The leftovers of this service, collected from now on. */
export function lookForLeftovers(
  config: Config,
  locks: Pick<LockService, 'hasSession'>,
  log: Logger,
): Leftovers {
  const hasSession = (directory: string): boolean => locks.hasSession(directory);
  const leftovers = new Leftovers({
    root: realpathSync(config.hosting.root),
    hasSession,
    log,
    now: () => Date.now(),
  });
  leftovers.begin();
  return leftovers;
}

/**
 * Finds what killed sessions left in the hosting root, and removes what is unused, every hour and
 * on request.
 */
export class Leftovers implements Disposable {
  readonly #context: LeftoversContext;
  readonly #ending = new AbortController();
  /** From the last search; null before the first. */
  #known: LeftoverSum | null = null;
  collectedTotal = 0;

  constructor(context: LeftoversContext) {
    this.#context = context;
  }

  get known(): LeftoverSum | null {
    return this.#known;
  }

  /** Collects from time to time, until disposed. */
  begin(): void {
    const { signal } = this.#ending;
    const forEver = async (): Promise<void> => {
      // Not at once: until the keeper has reported, the living sessions are unknown.
      await delay(leftoverFirstMs, undefined, { signal, ref: false });
      for (;;) {
        await this.collect(leftoverMsMin);
        await delay(leftoverPauseMs, undefined, { signal, ref: false });
      }
    };
    forEver().catch((error: unknown) => {
      if (!signal.aborted)
        this.#context.log.error({ err: error }, 'leftovers are not looked for any more');
    });
  }

  /** The current leftovers, the largest first. */
  async find(ageMsMin = leftoverAskedMsMin): Promise<Leftover[]> {
    const { root, hasSession } = this.#context;
    const open = openFiles();
    const inUse = {
      isOpen: (path: string) => open.has(path),
      hasSession,
      nowMs: this.#context.now(),
      ageMsMin,
    };
    const found: Leftover[] = [];
    const look = (directory: string): void =>
      void found.push(...findLeftovers(directory, root, inUse));
    const pace = async (directories: number): Promise<void> => {
      if (directories % 50 === 0) await turn(undefined, { signal: this.#ending.signal });
    };
    // The scan for locks reports unreadable directories.
    await walkBranches(root, look, pace, () => undefined);
    this.#keep(found);
    return found.toSorted((a, b) => b.bytes - a.bytes);
  }

  /** Removes the leftovers that no rule protects, and returns them. */
  async collect(ageMsMin = leftoverAskedMsMin): Promise<Leftover[]> {
    const found = await this.find(ageMsMin);
    const collected = found.filter((one) => one.keptFor === null && this.#remove(one));
    this.#keep(found.filter((one) => !collected.includes(one)));
    return collected;
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
  }

  #remove(one: Leftover): boolean {
    const { log } = this.#context;
    try {
      rmSync(one.path, { recursive: true });
    } catch (error) {
      log.warn({ err: error, path: one.path }, 'a leftover cannot be removed');
      return false;
    }
    this.collectedTotal += 1;
    const { path, kind, owner, branch, bytes, changedAt } = one;
    log.info({ path, kind, owner, branch, bytes, changedAt }, 'leftover collected');
    return true;
  }

  #keep(found: readonly Leftover[]): void {
    this.#known = sumLeftovers(found, new Date(this.#context.now()).toISOString());
  }
}
