import type { Child, Event, View } from '@hatchery/events';
import { endedSessionsMax } from './limits.ts';

/**
 * Whom a lock may belong to: the sessions that live, as far as is on record, and those that ended
 * not long ago. What lived when an earlier run of the service ended lives on here until its end is
 * told.
 */
export class KnownSessions {
  readonly #byId = new Map<string, Child>();
  readonly #byPid = new Map<number, Set<string>>();
  readonly #endedIds = new Set<string>();

  constructor({ children, recentChildren }: View) {
    for (const child of recentChildren.toReversed()) this.#ended(child);
    for (const child of Object.values(children)) this.#add(child);
  }

  /** Takes what has become of a session; `view` is the one after the event. */
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

  /** Those that had or have this pid, the latest first. */
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
