import { emptyView, reduce } from '@hatchery/events';
import type { Event, EventBody, FeedMessage, FeedPosition, View } from '@hatchery/events';
import { formats } from '@hatchery/formats';
import type { EventJournal } from './journal/event-journal.ts';
import { viewFor, type FeedFilter } from './feed-filter.ts';
import { eventsKeptMax } from './limits.ts';

/** What an {@link EventLog} needs from outside; time and randomness are parameters. */
export interface EventLogOptions {
  /**
   * Names this run of the publisher; a reader that knew another epoch gets a snapshot. A journal
   * has its own.
   */
  readonly epoch: string;
  readonly version: string;
  readonly now: () => Date;
  readonly view?: View;
  readonly eventsKept?: number;
  /** Where events outlive the publisher; the log goes on where the journal ends. */
  readonly journal?: EventJournal;
}

type Listener = (message: FeedMessage) => void;

/**
 * Numbers events, folds them into a view, and keeps the last of them for readers that resume. Usage
 * has no number of its own and is not kept: the latest wins, and the view holds it.
 */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #eventsKept: number;
  readonly #listeners = new Set<Listener>();
  readonly #epoch: string;
  #kept: Event[];
  #seq: number;
  #view: View;

  constructor(options: EventLogOptions) {
    const { epoch, seq, view, events } = options.journal?.recovered ?? {
      ...options,
      seq: 0,
      events: [],
    };
    this.#options = options;
    this.#eventsKept = options.eventsKept ?? eventsKeptMax;
    this.#epoch = epoch;
    this.#seq = seq;
    this.#view = view ?? emptyView;
    this.#kept = [...events];
  }

  /** What everything published so far comes to. */
  get view(): View {
    return this.#view;
  }

  get position(): FeedPosition {
    return { epoch: this.#epoch, seq: this.#seq };
  }

  get version(): string {
    return this.#options.version;
  }

  /** The last events, oldest first, from before a restart too. */
  get kept(): readonly Event[] {
    return this.#kept;
  }

  /**
   * Numbers and delivers one event to every subscriber, in the same turn; what is durable is in the
   * journal before.
   */
  publish(body: EventBody): void {
    const at = this.#options.now().toISOString();
    const before = this.#view;
    if (body.kind !== 'child.usage') this.#seq += 1;
    const event: Event = { ...body, seq: this.#seq, at };
    this.#view = reduce(before, event);
    if (event.kind !== 'child.usage') this.#keep(event, before);
    for (const listener of this.#listeners) listener({ type: 'event', event });
  }

  /**
   * Calls `listener` with the hello, then what the reader missed since `from` or a snapshot, then
   * everything that follows. With a filter it gets the events of these kinds only, and in the
   * snapshot only what they change. Dispose to stop.
   */
  subscribe(from: FeedPosition | null, listener: Listener, filter: FeedFilter = null): Disposable {
    const { version, now } = this.#options;
    const tell: Listener = (message) => {
      if (message.type === 'event' && filter !== null && !filter.has(message.event.kind)) return;
      listener(message);
    };
    const serverTime = now().toISOString();
    const { version: format } = formats.feed;
    tell({ type: 'hello', format, epoch: this.#epoch, serverTime, version });
    const missed = from === null ? null : this.#since(from);
    if (missed === null)
      tell({ type: 'snapshot', ...this.position, view: viewFor(filter, this.#view) });
    else for (const event of [...missed, ...this.#latestUsage()]) tell({ type: 'event', event });
    this.#listeners.add(tell);
    return { [Symbol.dispose]: () => void this.#listeners.delete(tell) };
  }

  #keep(event: Event, before: View): void {
    this.#options.journal?.append(event, before);
    this.#kept.push(event);
    // Cut in blocks, so that a busy log does not move its whole array for each event.
    if (this.#kept.length >= 2 * this.#eventsKept) this.#kept = this.#kept.slice(-this.#eventsKept);
  }

  /** Exactly the events after `from`, or null when they are not all known any more. */
  #since(from: FeedPosition): readonly Event[] | null {
    if (from.epoch !== this.#epoch || from.seq > this.#seq) return null;
    const missing = this.#seq - from.seq;
    if (missing > this.#kept.length) return null;
    return missing === 0 ? [] : this.#kept.slice(-missing);
  }

  /** The samples a reader may have missed, in one event at most. */
  #latestUsage(): Event[] {
    const samples = Object.values(this.#view.children).flatMap(({ id, usage }) =>
      usage === null ? [] : [{ id, usage }],
    );
    if (samples.length === 0) return [];
    return [
      { kind: 'child.usage', samples, seq: this.#seq, at: this.#options.now().toISOString() },
    ];
  }
}
