import { createHistogram } from 'node:perf_hooks';

/**
 * How fast one kind of answer was given, in milliseconds from the acceptance of the connection to
 * the last byte written.
 */
export interface Times {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * What is measured: an answer to `hello`, and a fork that was refused, at once or when its time in
 * the queue was over.
 */
export type AnswerKind = 'hello' | 'refusal';

/**
 * How fast the service answers, by its own clock: what a loaded machine does to its clients is not
 * in it.
 */
export class AnswerTimes {
  readonly #histograms = {
    hello: createHistogram({ figures: 3 }),
    refusal: createHistogram({ figures: 3 }),
  };
  readonly #clock: () => number;

  /** `clock` is monotonic, in milliseconds. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  answered(kind: AnswerKind, acceptedAtMs: number): void {
    // In microseconds, of which a histogram wants one at least.
    this.#histograms[kind].record(Math.max(1, Math.round(1000 * (this.#clock() - acceptedAtMs))));
  }

  /** Since the start of this process; for the status record. */
  get summary(): Record<AnswerKind, Times> {
    return { hello: this.#times('hello'), refusal: this.#times('refusal') };
  }

  #times(kind: AnswerKind): Times {
    const histogram = this.#histograms[kind];
    const { count } = histogram;
    const ms = (microseconds: number): number =>
      count === 0 ? 0 : Math.round(microseconds / 10) / 100;
    return {
      count,
      p50Ms: ms(histogram.percentile(50)),
      p99Ms: ms(histogram.percentile(99)),
      maxMs: ms(histogram.max),
    };
  }
}
