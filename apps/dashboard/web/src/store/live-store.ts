// Long: one store; what may change it stands beside it.
import { emptyView } from '@hatchery/events';
import type { Child, LiveMessage, Lock, View, ZygoteView } from '@hatchery/events';
import { actionsOff } from '../acting/hindrance.ts';
import { firstState, type LiveState } from '../live/connection.ts';
import { newestView } from '../live/folded-data.ts';
import { truthOf } from '../live/truth.ts';
import { Cell } from './cell.ts';
import { EndedBranches } from './ended-branches.ts';
import { locksByChild, locksOf, type ChildLocks } from './lock-facts.ts';
import {
  nextHistory,
  noTotals,
  startP95,
  totalsOf,
  type Totals,
  type TotalsHistory,
} from './totals.ts';
import type { Trend } from './trend.ts';
import { Trends } from './trends.ts';

/** One row of the table. */
export interface Row {
  readonly child: Child;
  readonly trend: Trend | undefined;
  /** How many locks it holds, and how many it waits for. */
  readonly holds: number;
  readonly awaits: number;
  /** The branch it works on, as far as its locks name it. */
  readonly branch: string | null;
  readonly stuckSince: string | null;
}

/** A paused view, while the stream continues. */
export interface Pause {
  /** The server's clock when it was paused. */
  readonly at: number;
  /** Events since then, which are not shown. */
  readonly changes: number;
}

/** The page's data about the service itself. */
export interface Service {
  readonly zygote: ZygoteView;
  readonly draining: boolean;
  /**
   * Who asked for it, why, and when the remaining clients are disconnected (RFC 3339), as far as
   * known.
   */
  readonly drainedBy: string | null;
  readonly drainReason: string | null;
  readonly drainDeadline: string | null;
}

/**
 * Runs something soon, once for all callers until then; a page paints no more often than its
 * screen.
 */
export type Soon = (run: () => void) => void;

const noLocks: ChildLocks = { holds: [], awaits: [] };

/**
 * Lists up to this length are rebuilt for each child that comes or goes; longer ones once a second.
 */
const rowsListedAtOnce = 500;

/**
 * Number of the newest children whose start times count, beside the children that ended recently.
 */
const startsLookedAt = 500;

/**
 * The page's data, cut into cells: a changed child repaints only its own row. (Measured with 5,000
 * children: rendering the whole list took 76 % of the main thread, one subscription a row 23 %.)
 */
export class LiveStore {
  readonly live = new Cell<LiveState>(firstState(0));
  /** This computer's clock, at the last tick. */
  readonly clock = new Cell(0);
  /** The server's clock, from which ages are computed; it stands still while paused. */
  readonly serverNow = new Cell(0);
  /**
   * All rows, for counting and sorting. A short list is exact when a child comes or goes;
   * everything else updates once a second, so that users can read and click a table sorted by a
   * live column.
   */
  readonly listing = new Cell<readonly Row[]>([]);
  readonly ended = new Cell<readonly Child[]>([]);
  readonly endedBranches = new EndedBranches();
  readonly locks = new Cell<readonly Lock[]>([]);
  readonly service = new Cell<Service>(serviceOf(emptyView));
  /** Why actions are off now, or null. */
  readonly actionsOff = new Cell<string | null>(actionsOff(firstState(0), 0));
  readonly totals = new Cell<Totals>(noTotals);
  readonly history = new Cell<TotalsHistory>([]);
  /** How long the starts of the known children took. */
  readonly start = new Cell<ReturnType<typeof startP95>>(null);
  readonly paused = new Cell<Pause | null>(null);
  readonly #soon: Soon;
  readonly #rows = new Map<string, Cell<Row>>();
  readonly #trends = new Trends();
  #latest: LiveState = this.live.get();
  #shownData: LiveState['data'] = null;
  #shown: View = emptyView;
  #shownStuck: LiveState['stuck'] = [];
  #locksOfChildren: ReadonlyMap<string, ChildLocks> = new Map();
  /** Children that changed since the last repaint; null when any may have. */
  #changed: Set<string> | null = null;
  #secondAt = 0;

  /** `soon` gathers the messages between two repaints. Without it each message is shown at once. */
  constructor(soon: Soon = (run) => run()) {
    this.#soon = soon;
  }

  row(id: string): Cell<Row> | undefined {
    return this.#rows.get(id);
  }

  /** Takes the new state of the connection, and the message that caused it. */
  take(state: LiveState, message: LiveMessage | null): void {
    this.#latest = state;
    this.#note(message);
    // Branches of children that the page no longer knows are forgotten with the next repaint.
    if (message?.type === 'usage' && state.data !== null) this.#trends.follow(message.samples);
    const pause = this.paused.get();
    if (pause !== null && message?.type === 'event')
      this.paused.set({ ...pause, changes: pause.changes + 1 });
    this.#soon(() => this.#catchUp());
  }

  /** Advances the time: `at` is this computer's clock in milliseconds. */
  tick(at: number): void {
    this.clock.set(at);
    this.actionsOff.set(actionsOff(this.live.get(), at));
    if (this.paused.get() !== null) return;
    const state = this.live.get();
    this.serverNow.set(at + (state.clockOffsetMs ?? 0));
    if (truthOf(state, at).word !== 'live' || at - this.#secondAt < 1_000) return;
    this.#secondAt = at;
    this.#relist();
    this.#lookAtStarts();
    const totals = this.totals.get();
    const oldestLockMs =
      totals.oldestLock === null
        ? null
        : Math.max(0, this.serverNow.get() - Date.parse(totals.oldestLock));
    const past = { ...totals, oldestLockMs, startMs: this.start.get()?.ms ?? null };
    this.history.set(nextHistory(this.history.get(), past));
  }

  pause(): void {
    this.#trends.holdStill();
    this.paused.set({ at: this.serverNow.get(), changes: 0 });
  }

  unpause(): void {
    this.paused.set(null);
    this.#catchUp();
    this.tick(this.clock.get());
  }

  #catchUp(): void {
    this.live.set(this.#latest);
    this.actionsOff.set(actionsOff(this.#latest, this.clock.get()));
    const { data, stuck } = this.#latest;
    if (data === null || this.paused.get() !== null) return;
    if (data === this.#shownData && stuck === this.#shownStuck) return;
    this.#shownData = data;
    this.#show(newestView(data));
  }

  /**
   * Remembers which rows a message may change, so that the page need not look at five thousand
   * others.
   */
  #note(message: LiveMessage | null): void {
    if (message?.type === 'snapshot') this.#changed = null;
    if (this.#changed === null) return;
    if (message?.type === 'usage') for (const { id } of message.samples) this.#changed.add(id);
    if (message?.type !== 'event') return;
    const { event } = message;
    if (event.kind === 'child.spawned') this.#changed.add(event.child.id);
    else if (
      event.kind === 'child.connected' ||
      event.kind === 'child.stopping' ||
      event.kind === 'child.exited'
    )
      this.#changed.add(event.id);
  }

  #show(view: View): void {
    const locksChanged =
      view.locks !== this.#shown.locks || view.recentChildren !== this.#shown.recentChildren;
    const stuckChanged = this.#latest.stuck !== this.#shownStuck;
    this.#shown = view;
    this.#shownStuck = this.#latest.stuck;
    const looked = stuckChanged ? null : this.#changed;
    const touched = locksChanged ? this.#showLocks(view) : [];
    const ids = looked === null ? this.#everybody(view) : [...looked, ...touched];
    this.#changed = new Set();
    const stuck = new Map(this.#shownStuck.map(({ id, since }) => [id, since]));
    let listChanged = false;
    for (const id of ids)
      listChanged = this.#showChild(id, view, stuck.get(id) ?? null) || listChanged;
    if (this.#rows.size <= rowsListedAtOnce || this.listing.get().length === 0) {
      if (listChanged) this.#relist();
      else this.totals.set(totalsOf(view, this.locks.get()));
    }
    this.ended.set(view.recentChildren);
    if (this.start.get() === null) this.#lookAtStarts();
    const [before, service] = [this.service.get(), serviceOf(view)];
    if (serviceKeys.some((key) => before[key] !== service[key])) this.service.set(service);
  }

  /** Only of the newest: for starts an hour ago there is History. */
  #lookAtStarts(): void {
    const newest = this.listing.get().slice(-startsLookedAt);
    this.start.set(startP95([...newest.map(({ child }) => child), ...this.ended.get()]));
  }

  #everybody(view: View): readonly string[] {
    return [...Object.keys(view.children), ...this.#rows.keys(), ...this.#trends.ids()];
  }

  /** Returns the children whose locks may have changed. */
  #showLocks(view: View): readonly string[] {
    const before = this.#locksOfChildren.keys();
    const locks = locksOf(view);
    this.locks.set(sameLocks(locks, this.locks.get()) ? this.locks.get() : locks);
    this.#locksOfChildren = locksByChild(locks);
    return [...before, ...this.#locksOfChildren.keys()];
  }

  /** True when the row is new, or gone. */
  #showChild(id: string, view: View, stuckSince: string | null): boolean {
    const child = view.children[id];
    if (child === undefined) {
      this.#trends.forget(id);
      this.endedBranches.note(id, this.#rows.get(id)?.get().branch);
      return this.#rows.delete(id);
    }
    const trend = this.#trends.get(id);
    const { holds, awaits } = this.#locksOfChildren.get(id) ?? noLocks;
    const cell = this.#rows.get(id);
    const shown = cell?.get();
    const branch = (holds[0] ?? awaits[0])?.name ?? shown?.branch ?? null;
    const same =
      shown !== undefined &&
      shown.child === child &&
      shown.trend === trend &&
      shown.holds === holds.length &&
      shown.awaits === awaits.length &&
      shown.branch === branch &&
      shown.stuckSince === stuckSince;
    if (same) return false;
    const row: Row = {
      child,
      trend,
      holds: holds.length,
      awaits: awaits.length,
      branch,
      stuckSince,
    };
    if (cell === undefined) this.#rows.set(id, new Cell(row));
    else cell.set(row);
    return cell === undefined;
  }

  #relist(): void {
    this.listing.set([...this.#rows.values()].map((cell) => cell.get()));
    this.totals.set(totalsOf(this.#shown, this.locks.get()));
  }
}

function serviceOf(view: View): Service {
  const { zygote, draining, drainedBy, drainDeadline, drainReason } = view;
  const drain = { drainedBy: drainedBy ?? null, drainDeadline: drainDeadline ?? null };
  return { zygote, draining, ...drain, drainReason: drainReason ?? null };
}

const serviceKeys = ['zygote', 'draining', 'drainedBy', 'drainReason', 'drainDeadline'] as const;

/**
 * Whether the list is unchanged: each child that ends creates a new list, which repaints nothing
 * then.
 */
function sameLocks(left: readonly Lock[], right: readonly Lock[]): boolean {
  return left.length === right.length && left.every((lock, index) => lock === right[index]);
}
