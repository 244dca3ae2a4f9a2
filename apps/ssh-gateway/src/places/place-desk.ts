import type { PlaceAnswer, PlaceNews } from './messages.ts';
import type { SessionPlace, StartupPlace } from './places.ts';
import type { Tally } from './tally.ts';

/**
 * The first process's record of one worker's places. All of them are freed when that worker dies.
 */
export class PlaceDesk {
  readonly #tally: Tally;
  readonly #answer: (answer: PlaceAnswer) => void;
  readonly #places = new Map<number, StartupPlace | SessionPlace>();

  constructor(tally: Tally, answer: (answer: PlaceAnswer) => void) {
    this.#tally = tally;
    this.#answer = answer;
  }

  take(news: PlaceNews): void {
    const { id } = news;
    switch (news.type) {
      case 'connection-comes':
        return this.#enter(id, this.#tally.connection(news.address, news.source));
      case 'session-comes':
        return this.#enter(id, this.#tally.session(news.user));
      case 'signed-in': {
        const place = this.#places.get(id);
        if (place !== undefined && 'signedIn' in place) place.signedIn();
        return;
      }
      case 'left':
        this.#places.get(id)?.left();
        this.#places.delete(id);
        return;
      default:
        news satisfies never;
    }
  }

  /** The worker process is gone, and its places are free. */
  close(): void {
    for (const place of this.#places.values()) place.left();
    this.#places.clear();
  }

  #enter(
    id: number,
    entered: StartupPlace | SessionPlace | Exclude<PlaceAnswer['refusal'], null>,
  ): void {
    if (typeof entered === 'string' || 'running' in entered)
      return this.#answer({ type: 'place', id, refusal: entered });
    this.#places.set(id, entered);
    this.#answer({ type: 'place', id, refusal: null });
  }
}
