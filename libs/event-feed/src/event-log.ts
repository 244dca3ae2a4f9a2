import { emptyView, reduce } from '@hatchery/events';
import type { Event, EventBody, FeedMessage, FeedPosition, View } from '@hatchery/events';
import { eventsKeptMax } from './limits.ts';

/** What an {@link EventLog} needs from outside; time and randomness are parameters. */
export interface EventLogOptions {
  /** Names this run of the publisher; a reader that knew another epoch gets a snapshot. */
  readonly epoch: string;
  readonly version: string;
  readonly now: () => Date;
  readonly view?: View;
  readonly eventsKept?: number;
}

type UsageEvent = Extract<Event, { kind: 'child.usage' }>;
type Listener = (message: FeedMessage) => void;

/** Numbers events, folds them into a view, and keeps the last of them for readers that resume. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #eventsKept: number;
  readonly #listeners = new Set<Listener>();
  #kept: Event[] = [];
  #seq = 0;
  #view: View;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#eventsKept = options.eventsKept ?? eventsKeptMax;
    this.#view = options.view ?? emptyView;
  }

  /** What everything published so far comes to. */
  get view(): View {
    return this.#view;
  }

  get position(): FeedPosition {
    return { epoch: this.#options.epoch, seq: this.#seq };
  }

  get version(): string {
    return this.#options.version;
  }

  /** Numbers and delivers one event to every subscriber, in the same turn. */
  publish(body: EventBody): void {
    this.#seq += 1;
    const event: Event = { ...body, seq: this.#seq, at: this.#options.now().toISOString() };
    this.#view = reduce(this.#view, event);
    if (event.kind === 'child.usage') this.#thinOut(event);
    this.#kept.push(event);
    // Cut in blocks, so that a busy log does not move its whole array for each event.
    if (this.#kept.length >= 2 * this.#eventsKept) this.#kept = this.#kept.slice(-this.#eventsKept);
    for (const listener of this.#listeners) listener({ type: 'event', event });
  }

  /** Calls `listener` with the hello, then what the reader missed since `from` or a snapshot, then everything that follows. Dispose to stop. */
  subscribe(from: FeedPosition | null, listener: Listener): Disposable {
    const { epoch, version } = this.#options;
    listener({ type: 'hello', epoch, serverTime: this.#options.now().toISOString(), version });
    const missed = from === null ? null : this.#since(from);
    if (missed === null) listener({ type: 'snapshot', epoch, seq: this.#seq, view: this.#view });
    else for (const event of missed) listener({ type: 'event', event });
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Takes the samples that `newer` replaces out of what is kept: the latest wins, and all of them would fill the memory. */
  #thinOut(newer: UsageEvent): void {
    const index = this.#kept.findLastIndex(({ kind }) => kind === 'child.usage');
    const older = this.#kept[index];
    if (older?.kind !== 'child.usage') return;
    const replaced = new Set(newer.samples.map(({ id }) => id));
    this.#kept[index] = { ...older, samples: older.samples.filter(({ id }) => !replaced.has(id)) };
  }

  /** Exactly the events after `from`, or null when they are not all known any more. */
  #since(from: FeedPosition): readonly Event[] | null {
    if (from.epoch !== this.#options.epoch || from.seq > this.#seq) return null;
    const missing = this.#seq - from.seq;
    if (missing > this.#kept.length) return null;
    return missing === 0 ? [] : this.#kept.slice(-missing);
  }
}
