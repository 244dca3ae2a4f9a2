import type { UsageSample } from '@hatchery/events';

/**
 * The latest usage of each child and the round it was told in. Merging the rounds a slow browser
 * has missed is a look-up here, so no browser needs a queue of its own.
 */
export class UsageRounds {
  readonly #waiting = new Map<string, UsageSample>();
  readonly #told = new Map<string, { readonly round: number; readonly sample: UsageSample }>();
  #round = 0;

  get round(): number {
    return this.#round;
  }

  /** Takes one sample for the round under way; the latest of a child wins. */
  note(sample: UsageSample): void {
    this.#waiting.set(sample.id, sample);
  }

  /** Ends the round under way and returns what belongs to it; an empty one is not counted. */
  close(): readonly UsageSample[] {
    if (this.#waiting.size === 0) return [];
    this.#round += 1;
    const samples = [...this.#waiting.values()];
    for (const sample of samples) this.#told.set(sample.id, { round: this.#round, sample });
    this.#waiting.clear();
    return samples;
  }

  /** The latest usage of each child that was told after `round`. */
  after(round: number): readonly UsageSample[] {
    return [...this.#told.values()].filter((told) => told.round > round).map((told) => told.sample);
  }

  forget(id: string): void {
    this.#waiting.delete(id);
    this.#told.delete(id);
  }

  /**
   * Forgets all samples but not the count: a browser's round must never seem to lie in the future.
   */
  reset(): void {
    this.#waiting.clear();
    this.#told.clear();
    this.#round += 1;
  }
}
