import { emptyView } from '@hatchery/events';
import type { Child, LiveMessage, View, ZygoteView } from '@hatchery/events';
import { firstState, type LiveState } from '../live/connection.ts';
import { truthOf } from '../live/truth.ts';
import { Cell } from './cell.ts';
import { nextHistory, noTotals, totalsOf, type Totals, type TotalsHistory } from './totals.ts';
import { nextTrend, type Trend } from './trend.ts';

/** One line of the table. */
export interface Row {
  readonly child: Child;
  readonly trend: Trend | undefined;
}

/** A picture that is held still while the stream goes on. */
export interface Pause {
  /** The server's clock when it was paused. */
  readonly at: number;
  /** Events since then that are not shown. */
  readonly changes: number;
}

/** What is shown of the service itself. */
export interface Service {
  readonly zygote: ZygoteView;
  readonly draining: boolean;
}

/**
 * What the page shows, cut into cells: a changed child repaints its own row and nothing else. (Measured with 5,000
 * children: rendering the whole list took 76 % of the main thread, one subscription a row 23 %.)
 */
export class LiveStore {
  readonly live = new Cell<LiveState>(firstState(0));
  /** This computer's clock, as of the last tick. */
  readonly clock = new Cell(0);
  /** The server's clock by which ages are shown; it stands still while paused. */
  readonly serverNow = new Cell(0);
  /**
   * All rows, for counting and ordering: exact when a child comes or goes, and looked at once a second for the rest, so
   * that a table sorted by a live column can be read and hit.
   */
  readonly listing = new Cell<readonly Row[]>([]);
  readonly ended = new Cell<readonly Child[]>([]);
  readonly service = new Cell<Service>({ zygote: emptyView.zygote, draining: false });
  readonly totals = new Cell<Totals>(noTotals);
  readonly history = new Cell<TotalsHistory>([]);
  readonly paused = new Cell<Pause | null>(null);
  readonly #rows = new Map<string, Cell<Row>>();
  readonly #trends = new Map<string, Trend>();
  #secondAt = 0;

  row(id: string): Cell<Row> | undefined {
    return this.#rows.get(id);
  }

  /** Takes what the connection became, and the message that made it so. */
  take(state: LiveState, message: LiveMessage | null): void {
    const before = this.live.get().data;
    this.live.set(state);
    const { data } = state;
    if (data === null || data === before) return;
    if (message?.type === 'usage') this.#follow(message, data.view);
    const pause = this.paused.get();
    if (pause === null) this.#show(data.view);
    else if (message?.type === 'event') this.paused.set({ ...pause, changes: pause.changes + 1 });
  }

  /** Lets time pass: `at` is this computer's clock in milliseconds. */
  tick(at: number): void {
    this.clock.set(at);
    if (this.paused.get() !== null) return;
    const state = this.live.get();
    this.serverNow.set(at + (state.clockOffsetMs ?? 0));
    if (truthOf(state, at).word !== 'live' || at - this.#secondAt < 1_000) return;
    this.#secondAt = at;
    this.#relist();
    this.history.set(nextHistory(this.history.get(), this.totals.get()));
  }

  pause(): void {
    this.paused.set({ at: this.serverNow.get(), changes: 0 });
  }

  unpause(): void {
    this.paused.set(null);
    const { data } = this.live.get();
    if (data !== null) this.#show(data.view);
    this.tick(this.clock.get());
  }

  #follow({ samples }: Extract<LiveMessage, { type: 'usage' }>, view: View): void {
    for (const sample of samples) {
      if (view.children[sample.id] !== undefined)
        this.#trends.set(sample.id, nextTrend(this.#trends.get(sample.id), sample));
    }
  }

  #show(view: View): void {
    const children = Object.values(view.children);
    let listChanged = children.length !== this.#rows.size;
    for (const child of children) {
      const cell = this.#rows.get(child.id);
      const trend = this.#trends.get(child.id);
      const shown = cell?.get();
      if (cell === undefined) {
        this.#rows.set(child.id, new Cell({ child, trend }));
        listChanged = true;
      } else if (shown?.child !== child || shown.trend !== trend) cell.set({ child, trend });
    }
    if (listChanged) this.#dropMissing(view);
    this.ended.set(view.recentChildren);
    const { zygote, draining } = this.service.get();
    if (zygote !== view.zygote || draining !== view.draining)
      this.service.set({ zygote: view.zygote, draining: view.draining });
    this.totals.set(totalsOf(view));
  }

  #dropMissing(view: View): void {
    const gone = [...this.#rows.keys()].filter((id) => view.children[id] === undefined);
    for (const id of gone) {
      this.#rows.delete(id);
      this.#trends.delete(id);
    }
    this.#relist();
  }

  #relist(): void {
    this.listing.set([...this.#rows.values()].map((cell) => cell.get()));
  }
}
