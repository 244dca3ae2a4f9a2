import type { Lock } from '@hatchery/events';
import {
  isAlive,
  isLockCommand,
  processes,
  processFacts,
  type LockHolder,
  type ProcessFacts,
} from '@hatchery/script-locks';

/**
 * The job that has the lock of a script: all that have the lock, and all below the command of a
 * `hatchery lock`, which closes what it inherits now and then. Who was seen to belong to it belongs
 * to it until its end, though its parent may be gone.
 */
export class ScriptJob {
  /** Process groups that belong to the lock alone: those that a holder leads. */
  readonly groups: ReadonlySet<number>;
  readonly #recordedPid: number | null;
  readonly #holders: () => readonly LockHolder[];
  readonly #members = new Map<number, ProcessFacts>();

  /**
   * `holders` tells who has the lock at the moment it is called; `first` had it when the lock was
   * looked at.
   */
  constructor(lock: Lock, first: readonly LockHolder[], holders: () => readonly LockHolder[]) {
    this.#recordedPid = lock.holder?.pid ?? null;
    this.#holders = holders;
    // The group of a `hatchery lock` is that of the script, or the terminal, that it was typed in.
    this.groups = new Set(
      first.flatMap((one) => (one.pid === one.group && !isLockCommand(one) ? [one.pid] : [])),
    );
    this.#add(first);
  }

  /** Those of it that run now. */
  living(): ProcessFacts[] {
    this.#add(
      this.#holders().filter(({ pid, group }) => this.groups.has(group) || this.#members.has(pid)),
    );
    return [...this.#members.values()].flatMap((one) =>
      isAlive(one) ? (processFacts(one.pid) ?? []) : [],
    );
  }

  /**
   * Whom to send a signal that it can answer: a `hatchery lock` ends by itself when its command
   * has.
   */
  askable(): ProcessFacts[] {
    const living = this.living();
    const commands = living.filter((one) => !isLockCommand(one));
    return commands.length > 0 ? commands : living;
  }

  /**
   * Pids as kill(2) takes them: a group is negative. It keeps its number while it has a member,
   * which one of these is.
   */
  targets(told: readonly ProcessFacts[]): ReadonlySet<number> {
    return new Set(told.map(({ pid, group }) => (this.groups.has(group) ? -group : pid)));
  }

  #add(found: readonly ProcessFacts[]): void {
    for (const one of found) if (!this.#has(one)) this.#members.set(one.pid, one);
    const all = new Map(processes().map((one) => [one.pid, one]));
    for (let grown = true; grown;) {
      const below = [...all.values()].filter(
        (one) => !this.#has(one) && this.#isBelow(one, all.get(one.parentPid)),
      );
      for (const one of below) this.#members.set(one.pid, one);
      grown = below.length > 0;
    }
  }

  #has({ pid, startTime }: ProcessFacts): boolean {
    return this.#members.get(pid)?.startTime === startTime;
  }

  /**
   * Another user's, as what sudo runs, cannot be ended by a service that is not root; it ends with
   * what it is below.
   */
  #isBelow({ pid, uid }: ProcessFacts, parent: ProcessFacts | undefined): boolean {
    const own = process.getuid?.();
    if (
      parent === undefined ||
      !this.#has(parent) ||
      pid === process.pid ||
      (own !== 0 && uid !== own)
    )
      return false;
    // Beside the command, a `hatchery lock` has a process of its own.
    if (isLockCommand(parent)) return pid === this.#recordedPid;
    return this.#isOfCommand(parent);
  }

  #isOfCommand(one: ProcessFacts): boolean {
    for (
      let at: ProcessFacts | undefined = one;
      at !== undefined;
      at = this.#members.get(at.parentPid)
    )
      if (at.pid === this.#recordedPid) return true;
    return false;
  }
}
