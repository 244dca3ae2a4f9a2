import { ViewDraft } from '@hatchery/events';
import type { EventBody, LivePosition, View } from '@hatchery/events';
import type { LiveData } from './live-data.ts';

/**
 * Data folded in place, so that a message does not copy five thousand children. Fold only on the
 * newest value: an older one shows the same data as the newest.
 */
export class FoldedData implements LiveData {
  readonly epoch: string;
  readonly seq: number;
  readonly round: number;
  readonly #draft: ViewDraft;
  #isNewest = true;

  private constructor({ epoch, seq, round }: LivePosition, draft: ViewDraft) {
    this.epoch = epoch;
    this.seq = seq;
    this.round = round;
    this.#draft = draft;
  }

  /** Changes `data` by `event`, and returns what is new. */
  static after(
    data: LiveData,
    event: EventBody,
    { seq = data.seq, round = data.round }: Partial<LivePosition>,
  ): FoldedData {
    const draft = data instanceof FoldedData ? data.#handOver() : new ViewDraft(data.view);
    draft.take(event);
    return new FoldedData({ epoch: data.epoch, seq, round }, draft);
  }

  get view(): View {
    return this.#draft.view;
  }

  get newest(): View {
    return this.#draft.newest;
  }

  #handOver(): ViewDraft {
    if (!this.#isNewest) throw new TypeError('this data was already folded');
    this.#isNewest = false;
    return this.#draft;
  }
}

/** The view of some data, to be read at once: its children change with the next message. */
export function newestView(data: LiveData): View {
  return data instanceof FoldedData ? data.newest : data.view;
}
