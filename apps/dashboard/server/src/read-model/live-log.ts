import { emptyView, reduce } from '@hatchery/events';
import type {
  Event,
  EventBody,
  FeedMessage,
  LiveMessage,
  LivePosition,
  UsageSample,
  View,
} from '@hatchery/events';
import { UsageRounds } from './usage-rounds.ts';

/**
 * Folds the forker's feed into a view, and numbers what browsers are told of it.
 *
 * The numbers are the dashboard's own: a forker that comes back under another epoch costs its
 * browsers one snapshot, not a new connection. The view holds exactly what the numbers cover, so
 * usage that waits for its round is not in it yet.
 */
export class LiveLog {
  readonly #epoch: string;
  readonly #eventsKept: number;
  readonly #usage = new UsageRounds();
  #view: View = emptyView;
  #seq = 0;
  /** The events up to {@link #seq}, without a hole; how far back they reach is their number. */
  #kept: Event[] = [];

  constructor(options: { readonly epoch: string; readonly eventsKept: number }) {
    this.#epoch = options.epoch;
    this.#eventsKept = options.eventsKept;
  }

  get view(): View {
    return this.#view;
  }

  get position(): LivePosition {
    return { epoch: this.#epoch, seq: this.#seq, round: this.#usage.round };
  }

  /**
   * What browsers have to be told at once, or null when it can wait for the round or concerns the
   * feed alone.
   */
  fold(message: FeedMessage): LiveMessage | null {
    switch (message.type) {
      case 'hello':
      case 'heartbeat':
        return null;
      case 'snapshot':
        return this.#replace(message.view);
      case 'event':
        return this.#append(message.event);
    }
  }

  /** Closes a round: the usage sampled since the last one, or null when there was none. */
  closeRound(): LiveMessage | null {
    const after = this.#usage.round;
    const samples = this.#usage.close();
    if (samples.length === 0) return null;
    this.#view = reduce(this.#view, { kind: 'child.usage', samples });
    return { type: 'usage', seq: this.#seq, after, round: this.#usage.round, samples };
  }

  /** The usage of all rounds after `round`, merged: the latest of each child. */
  usageAfter(round: number): LiveMessage {
    return {
      type: 'usage',
      seq: this.#seq,
      after: round,
      round: this.#usage.round,
      samples: this.#usage.after(round),
    };
  }

  snapshot(): LiveMessage {
    return { type: 'snapshot', ...this.position, view: this.#view };
  }

  /**
   * Exactly what a browser at `from` has missed, or a snapshot when that is not all known any more.
   */
  since(from: LivePosition): readonly LiveMessage[] {
    const missing = this.#seq - from.seq;
    const known = from.epoch === this.#epoch && from.round <= this.#usage.round && missing >= 0;
    if (!known || missing > this.#kept.length) return [this.snapshot()];
    const events = missing === 0 ? [] : this.#kept.slice(-missing);
    const messages: LiveMessage[] = events.map((event) => ({ type: 'event', event }));
    // After the events, so that a child spawned in between is known by the time its usage is told.
    if (from.round < this.#usage.round) messages.push(this.usageAfter(from.round));
    return messages;
  }

  #replace(view: View): LiveMessage {
    this.#view = view;
    this.#seq += 1;
    this.#kept = [];
    this.#usage.reset();
    return this.snapshot();
  }

  #append(event: Event): LiveMessage | null {
    if (event.kind === 'child.usage') {
      for (const { id, usage } of event.samples) this.#sample({ id, at: event.at, usage });
      return null;
    }
    if (event.kind === 'child.exited') this.#usage.forget(event.id);
    // An id that is spawned anew starts with the usage of its event, not with what is remembered.
    if (event.kind === 'child.spawned') this.#usage.forget(event.child.id);
    this.#seq += 1;
    const numbered: Event = { ...(event as EventBody), seq: this.#seq, at: event.at };
    this.#view = reduce(this.#view, numbered);
    this.#kept.push(numbered);
    // Cut in blocks, so that a busy log does not move its whole array for each event.
    if (this.#kept.length >= 2 * this.#eventsKept) this.#kept = this.#kept.slice(-this.#eventsKept);
    return { type: 'event', event: numbered };
  }

  #sample(sample: UsageSample): void {
    if (this.#view.children[sample.id] !== undefined) this.#usage.note(sample);
  }
}
