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
 * The job that has a script's lock: all processes with the lock, and all below the command of a
 * `hatchery lock`, which now and then closes what it inherits. A process once seen in the job
 * belongs to it until it ends, even if its parent is gone.
 */
export class ScriptJob {
  /** Process groups that belong to the lock alone: those that a holder leads. */
  readonly groups: ReadonlySet<number>;
  readonly #recordedPid: number | null;
  readonly #holders: () => readonly LockHolder[];
  readonly #members = new Map<number, ProcessFacts>();

  /**
   * `holders` returns the current holders of the lock; `first` held it when the operator looked.
   */
  constructor(lock: Lock, first: readonly LockHolder[], holders: () => readonly LockHolder[]) {
    this.#recordedPid = lock.holder?.pid ?? null;
    this.#holders = holders;
    // The group of a `hatchery lock` is that of the script, or of the terminal, that started it.
    this.groups = new Set(
      first.flatMap((one) => (one.pid === one.group && !isLockCommand(one) ? [one.pid] : [])),
    );
    this.#add(first);
  }

  /** The members that still run. */
  living(): ProcessFacts[] {
    this.#add(
      this.#holders().filter(({ pid, group }) => this.groups.has(group) || this.#members.has(pid)),
    );
    return [...this.#members.values()].flatMap((one) =>
      isAlive(one) ? (processFacts(one.pid) ?? []) : [],
    );
  }

  /**
   * The processes to signal with a signal they can handle: a `hatchery lock` ends by itself after
   * its command.
   */
  askable(): ProcessFacts[] {
    const living = this.living();
    const commands = living.filter((one) => !isLockCommand(one));
    return commands.length > 0 ? commands : living;
  }

  /**
   * Pids in the form of kill(2): a group is negative. A group keeps its number while it has a
   * member, and one of these is a member.
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
   * A service that is not root cannot end another user's process, such as one started by sudo; it
   * ends with its parent.
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
    // Besides the command, a `hatchery lock` has a process of its own.
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
