import type { ChildUsage } from '@hatchery/events';
import {
  memorySamplesPerRoundMax,
  sampleIntervalMs,
  sampleShareMax,
  sampleStepMs,
} from '../limits.ts';
import { sampleProcess, type Known } from './sample-process.ts';

/** A child to sample. */
export interface Sampled {
  readonly id: string;
  readonly pid: number;
}

/** One sample of one child. */
export interface Sample {
  readonly id: string;
  readonly usage: ChildUsage;
}

/**
 * Samples living children in rounds: each child once a second, in steps that take at most a share
 * of a core. With more children a round takes longer, but the load stays the same. It keeps of each
 * child what the next sample needs.
 */
export class UsageSampler {
  readonly #clock: () => number;
  readonly #cpuClock: () => number;
  readonly #known = new Map<string, Known>();
  #round: readonly Sampled[] = [];
  #next = 0;
  #rounds = 0;
  #roundStartedMs = -Infinity;
  #roundMs: number | null = null;
  #spentMs = 0;
  #budgetMs = 0;
  #budgetAtMs = -Infinity;

  /**
   * `clock` is monotonic, `cpuClock` is the CPU time of this thread, both in milliseconds: time in
   * which other processes had the core does not count.
   */
  constructor(clock: () => number = () => performance.now(), cpuClock: () => number = threadCpuMs) {
    this.#clock = clock;
    this.#cpuClock = cpuClock;
  }

  /** The duration of the last whole round, and the cost of all rounds; for the status record. */
  get cost(): { readonly roundMs: number | null; readonly spentMs: number } {
    return { roundMs: this.#roundMs, spentMs: Math.round(this.#spentMs) };
  }

  /** One step: samples children while the budget lasts; returns those that could be read. */
  step(children: () => Iterable<Sampled>): Sample[] {
    const nowMs = this.#clock();
    this.#fillBudget(nowMs);
    if (this.#next >= this.#round.length && !this.#startRound(children, nowMs)) return [];
    const samples: Sample[] = [];
    const startedMs = this.#cpuClock();
    let spentMs = 0;
    for (
      ;
      this.#next < this.#round.length && spentMs < this.#budgetMs;
      spentMs = this.#cpuClock() - startedMs
    ) {
      const child = this.#round[this.#next];
      const sample = child === undefined ? null : this.#sample(child, this.#next, this.#clock());
      if (sample !== null) samples.push(sample);
      this.#next += 1;
    }
    this.#budgetMs -= spentMs;
    this.#spentMs += spentMs;
    return samples;
  }

  /**
   * The excess cost of one child is taken from the next steps, so that the share holds over time.
   */
  #fillBudget(nowMs: number): void {
    const sinceMs = Math.min(nowMs - this.#budgetAtMs, sampleStepMs);
    this.#budgetMs = Math.min(
      this.#budgetMs + sinceMs * sampleShareMax,
      sampleStepMs * sampleShareMax,
    );
    this.#budgetAtMs = nowMs;
  }

  #startRound(children: () => Iterable<Sampled>, nowMs: number): boolean {
    if (nowMs - this.#roundStartedMs < sampleIntervalMs) return false;
    if (Number.isFinite(this.#roundStartedMs))
      this.#roundMs = Math.round(nowMs - this.#roundStartedMs);
    this.#roundStartedMs = nowMs;
    this.#round = [...children()];
    this.#next = 0;
    this.#rounds += 1;
    const living = new Set(this.#round.map(({ id }) => id));
    for (const id of this.#known.keys()) if (!living.has(id)) this.#known.delete(id);
    return true;
  }

  #sample({ id, pid }: Sampled, index: number, nowMs: number): Sample | null {
    const before = this.#known.get(id);
    const turns = Math.ceil(this.#round.length / memorySamplesPerRoundMax);
    const sampled = sampleProcess(pid, before, nowMs, (index + this.#rounds) % turns === 0);
    if (sampled === null) {
      this.#known.delete(id);
      return null;
    }
    this.#known.set(id, sampled.known);
    return { id, usage: sampled.usage };
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
