import type { Child, Event, View } from '@hatchery/events';
import { endedSessionsMax } from './limits.ts';

/**
 * The possible holders of locks: living sessions, as far as recorded, and those that ended
 * recently. Sessions that lived when an earlier run of the service ended count as living until
 * their end is reported.
 */
export class KnownSessions {
  readonly #byId = new Map<string, Child>();
  readonly #byPid = new Map<number, Set<string>>();
  readonly #endedIds = new Set<string>();

  constructor({ children, recentChildren }: View) {
    for (const child of recentChildren.toReversed()) this.#ended(child);
    for (const child of Object.values(children)) this.#add(child);
  }

  /** Takes the new state of a session; `view` is the one after the event. */
  take(event: Event, view: View): void {
    if (event.kind === 'child.spawned') this.#add(event.child);
    else if (event.kind === 'child.exited') {
      const [newest] = view.recentChildren;
      if (newest?.id === event.id) this.#ended(newest);
    }
  }

  find(id: string): Child | null {
    return this.#byId.get(id) ?? null;
  }

  /** The sessions with this pid, now or earlier, the latest first. */
  ofPid(pid: number): Child[] {
    return [...(this.#byPid.get(pid) ?? [])].reverse().flatMap((id) => this.find(id) ?? []);
  }

  #add(child: Child): void {
    const { id, pid } = child;
    this.#byId.set(id, child);
    const ids = this.#byPid.get(pid);
    if (ids === undefined) this.#byPid.set(pid, new Set([id]));
    else ids.add(id);
  }

  #ended(child: Child): void {
    this.#add(child);
    this.#endedIds.add(child.id);
    const [oldest] = this.#endedIds;
    if (this.#endedIds.size <= endedSessionsMax || oldest === undefined) return;
    this.#endedIds.delete(oldest);
    const pid = this.#byId.get(oldest)?.pid ?? 0;
    this.#byId.delete(oldest);
    this.#byPid.get(pid)?.delete(oldest);
    if (this.#byPid.get(pid)?.size === 0) this.#byPid.delete(pid);
  }
}
