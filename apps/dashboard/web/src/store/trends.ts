import type { UsageSample } from '@hatchery/events';
import { heldTrend, nextTrend, type Trend } from './trend.ts';

/** The trend of each child that was ever sampled, until it is forgotten. */
export class Trends {
  readonly #trends = new Map<string, Trend>();

  get(id: string): Trend | undefined {
    return this.#trends.get(id);
  }

  ids(): Iterable<string> {
    return this.#trends.keys();
  }

  follow(samples: readonly UsageSample[]): void {
    let text = '';
    let at = Number.NaN;
    for (const sample of samples) {
      // Most samples of a round have the same instant, and parsing an instant is slow.
      if (sample.at !== text) {
        text = sample.at;
        at = Date.parse(text);
      }
      this.#trends.set(sample.id, nextTrend(this.#trends.get(sample.id), sample, at));
    }
  }

  forget(id: string): void {
    this.#trends.delete(id);
  }

  /**
   * Keeps the trends it handed out unchanged and continues with copies: a paused page must not
   * move.
   */
  holdStill(): void {
    for (const [id, trend] of this.#trends) this.#trends.set(id, heldTrend(trend));
  }
}
