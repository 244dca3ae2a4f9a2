// Long: one state of all locks, and the few ways in which it changes.
import { realpathSync } from 'node:fs';
import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import type { EventBody, Event, Lock } from '@hatchery/events';
import { placeOfLock, placesOf, type LockPlace } from '@hatchery/locks';
import type { ForkService } from '../children/forking/fork-service.ts';
import type { LockReport } from '../keeper-link/messages.ts';
import { branchesOfSessionMax, goneIdsMax, lookAgainMax, lookAgainMs } from './limits.ts';
import { freeOrphan } from './free-orphan.ts';
import { KnownSessions } from './known-sessions.ts';
import { LockLooks, partyOf } from './lock-looks.ts';
import { MuteSessions } from './mute-sessions.ts';
import { Orphans } from './orphans.ts';
import { restoredLocks } from './restored-locks.ts';
import { Scans } from './scans.ts';
import { ScriptLockWatch } from './script-lock-watch.ts';

/** What a {@link LockService} works with. */
export interface LockServiceContext {
  readonly config: Config;
  readonly log: Logger;
  readonly events: EventLog;
  readonly service: Pick<ForkService, 'registry' | 'signal'>;
}

/** Knows every lock: those that sessions report, those found on disk, and those of scripts. */
export class LockService implements Disposable {
  readonly looks: LockLooks;
  readonly #context: LockServiceContext;
  /** The paths that sessions report: they serve the root without symlinks. */
  readonly #hostingRoot: string;
  readonly #orphans: Orphans;
  readonly #scans: Scans;
  readonly #scripts: ScriptLockWatch;
  readonly #subscription: Disposable;
  readonly #again: NodeJS.Timeout;
  readonly #branches = new Map<string, Set<string>>();
  readonly #sessions: KnownSessions;
  readonly #mute: MuteSessions;
  readonly #goneIds = new Map<string, string>();
  /** When sessions started, by a monotonic clock. */
  readonly #begunAtMs = new Map<string, number>();
  #turn = 0;

  constructor(context: LockServiceContext) {
    const { config, events, log } = context;
    this.#context = context;
    this.#hostingRoot = realpathSync(config.hosting.root);
    this.#sessions = new KnownSessions(events.view);
    this.looks = new LockLooks(this.#sessions);
    const graceMs = 1000 * config.locks.orphanGraceS;
    this.#orphans = new Orphans({
      graceMs,
      now: () => performance.now(),
      mayBeTakenUp: (user, overdueMs) => this.#hasSessionOnItsWay(user, overdueMs, graceMs),
      free: (lock) => freeOrphan(this, { ...context, lock }),
    });
    // These were held before the restart. Until each is checked again they are the best
    // information.
    const [scripts, breezys] = restoredLocks(events);
    for (const lock of breezys) this.#restore(lock);
    this.#scripts = new ScriptLockWatch(config.locks, log, scripts, (changes) =>
      this.publish(changes),
    );
    this.#scans = new Scans(this.#hostingRoot, (directory) => this.#lookAtBranch(directory), log);
    this.#mute = new MuteSessions(() => this.#scans.request());
    this.#again = setInterval(() => this.#lookAgain(), lookAgainMs);
    // Not in the same turn: what is published while an event is delivered would overtake it.
    this.#subscription = events.subscribe(null, (message) => {
      if (message.type !== 'event') return;
      this.#sessions.take(message.event, events.view);
      queueMicrotask(() => this.#follow(message.event));
    });
  }

  /**
   * Call this when clients can be served. Until then no client could come back, so no orphan is
   * freed. Sessions that already live started under an earlier run of the service, and what they
   * did since then is unknown.
   */
  begin(): void {
    this.#muteAll();
    this.#scans.begin();
    // Publish them again: the end of their grace is now known.
    for (const { id } of this.#orphans.begin()) {
      const lock = this.find(id);
      if (lock !== undefined) this.publish([{ kind: 'lock.changed', lock }]);
    }
  }

  /** Reads every branch below the hosting root now; returns the number of directories. */
  scan(): Promise<number> {
    return this.#scans.scan();
  }

  /** A lock that is held now, by its id. */
  find(id: string): Lock | undefined {
    return this.looks.table.find(id) ?? this.#scripts.find(id);
  }

  /**
   * Whether a living session has opened this branch or one below it, or may have done so
   * unreported.
   */
  hasSession(directory: string): boolean {
    const isIn = (branch: string): boolean =>
      branch === directory || branch.startsWith(`${directory}/`);
    const children = [...this.#context.service.registry.entries()].map(({ child }) => child.id);
    return children.some(
      (id) => this.#mute.has(id) || [...(this.#branches.get(id) ?? [])].some(isIn),
    );
  }

  /** The path of a lock that was released recently. */
  pathOfGone(id: string): string | undefined {
    return this.#goneIds.get(id);
  }

  /** Checks the place of a lock again, now. */
  refresh({ path, kind, name }: Lock): void {
    if (kind === 'script') this.#scripts.look();
    else this.publish(this.looks.look({ path, kind, name }));
  }

  /**
   * The keeper is gone, and with it the reports of the current sessions: only checks of the disk
   * show their locks.
   */
  keeperLost(): void {
    this.#muteAll();
  }

  /** Takes a session's report about a lock. */
  take(report: LockReport): void {
    const { id, action, path, nonce, lost, atS } = report;
    const child = this.#context.service.registry.find(id)?.child;
    if (action === 'opened') this.#remember(id, path.replace(/\/+$/, ''));
    if (lost > 0) this.#lookAtBranches(id);
    const place = placeOfLock(path, this.#hostingRoot);
    if (place === null) return;
    if (child === undefined) return this.publish(this.looks.look(place));
    const { table } = this.looks;
    const party = partyOf(child, null, new Date().toISOString());
    switch (action) {
      case 'acquired':
      case 'taken-up': {
        const how =
          action === 'acquired'
            ? 'the session that took it runs'
            : 'a reconnected session took it up';
        const verdict = { condition: 'held', reasons: [how] } as const;
        const mark = nonce ?? '';
        return this.publish(
          table.acquired({ place, nonce, mark, holder: party, verdict, atS, source: 'report' }),
        );
      }
      case 'contended':
        if (table.markAt(path) === undefined || table.markAt(path) !== nonce)
          this.publish(this.looks.look(place));
        return this.publish(table.contended(path, party));
      case 'gave-up':
        return this.publish(table.gaveUp(path, party));
      case 'released':
      case 'broken':
        if (this.looks.isThere(path, nonce)) return this.#look(place);
        if (action === 'released') return this.publish(table.released(path, nonce ?? ''));
        return this.publish(table.broken(path, nonce ?? '', child.user ?? child.id));
      case 'opened':
    }
  }

  /** Publishes changes of locks, and tracks the orphans. */
  publish(changes: readonly EventBody[]): void {
    const { events } = this.#context;
    for (const change of changes) {
      if (change.kind === 'lock.released' || change.kind === 'lock.broken') this.#forget(change.id);
      if (change.kind !== 'lock.acquired' && change.kind !== 'lock.changed') events.publish(change);
      else events.publish({ ...change, lock: this.#withGrace(change.lock) });
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#again);
    this.#subscription[Symbol.dispose]();
    this.#orphans[Symbol.dispose]();
    this.#mute[Symbol.dispose]();
    this.#scans[Symbol.dispose]();
    this.#scripts[Symbol.dispose]();
  }

  #follow(event: Event): void {
    if (event.kind === 'child.spawned') this.#begunAtMs.set(event.child.id, performance.now());
    if (event.kind !== 'child.exited') return;
    this.#begunAtMs.delete(event.id);
    const { table } = this.looks;
    this.publish(table.sessionEnded(event.id));
    for (const lock of table.heldBy(event.id)) this.refresh(lock);
    if (event.exit.code !== 0) this.#lookAtBranches(event.id);
    this.#branches.delete(event.id);
    this.#mute.ended(event.id);
  }

  #withGrace(lock: Lock): Lock {
    if (lock.condition === 'orphaned') return this.#orphans.add(lock);
    this.#orphans.forget(lock.id);
    const { graceEndsAt: _over, ...held } = lock;
    return held;
  }

  #muteAll(): void {
    this.#mute.add([...this.#context.service.registry.entries()].map(({ child }) => child.id));
  }

  #restore(lock: Lock): void {
    this.looks.table.restore(lock);
    if (lock.condition === 'orphaned') this.#orphans.add(lock);
  }

  #remember(childId: string, branch: string): void {
    const branches = this.#branches.get(childId) ?? new Set();
    if (branches.size < branchesOfSessionMax) branches.add(branch);
    this.#branches.set(childId, branches);
  }

  #lookAtBranches(childId: string): void {
    for (const branch of this.#branches.get(childId) ?? []) this.#lookAtBranch(branch);
  }

  #lookAtBranch(directory: string): void {
    for (const place of placesOf(directory, this.#hostingRoot)) this.#look(place);
  }

  #look(place: LockPlace): void {
    try {
      this.publish(this.looks.look(place));
    } catch (error) {
      this.#context.log.warn({ err: error, path: place.path }, 'a lock cannot be read');
    }
  }

  /**
   * Other processes do not report their locks, and reports of sessions may be lost: check
   * everything again in rotation.
   */
  #lookAgain(): void {
    const open = [...this.#branches.values()].flatMap((branches) => [...branches]);
    const places = [
      ...this.looks.table.all(),
      ...open.flatMap((branch) => placesOf(branch, this.#hostingRoot)),
    ];
    const first = this.#turn < places.length ? this.#turn : 0;
    for (const { path, kind, name } of places.slice(first, first + lookAgainMax))
      this.#look({ path, kind, name });
    this.#turn = first + lookAgainMax;
  }

  #forget(id: string): void {
    this.#orphans.forget(id);
    const path = this.looks.table.find(id)?.path ?? this.#context.events.view.locks[id]?.path;
    if (path === undefined) return;
    this.#goneIds.set(id, path);
    const [oldest] = this.#goneIds.keys();
    if (this.#goneIds.size > goneIdsMax && oldest !== undefined) this.#goneIds.delete(oldest);
  }

  /**
   * A young session may be a reconnected client that has not shown its token yet; a mute one cannot
   * report it.
   */
  #hasSessionOnItsWay(user: string | null, overdueMs: number, graceMs: number): boolean {
    return [...this.#context.service.registry.entries()].some(({ child }) => {
      // A session older than this service is mute.
      const ageMs = performance.now() - (this.#begunAtMs.get(child.id) ?? -Infinity);
      return (
        child.user === user && ((overdueMs <= ageMs && ageMs < graceMs) || this.#mute.has(child.id))
      );
    });
  }
}
