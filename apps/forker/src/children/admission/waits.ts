import type { Spans } from '@hatchery/events';

/** From a turn of the loop, to the longest wait there may be. */
const boundsS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/** How long requests waited for their turn. */
export class Waits {
  readonly #counts: number[] = [...boundsS.map(() => 0), 0];
  #sumS = 0;

  add(ms: number): void {
    const index = boundsS.findIndex((bound) => ms <= 1000 * bound);
    const bucket = index === -1 ? boundsS.length : index;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumS += ms / 1000;
  }

  get spans(): Spans {
    return { boundsS, counts: [...this.#counts], sumS: this.#sumS };
  }
}
