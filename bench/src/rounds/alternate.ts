import { setTimeout as delay } from 'node:timers/promises';
import { settleMs } from '../limits.ts';
import type { Contender, Series } from './series.ts';

export interface AlternateOptions {
  readonly rounds: number;
  /** Rounds before those that count: the first ones read programs from the disk and fill caches. */
  readonly warmUpRounds: number;
  /** Between two samples, in milliseconds. */
  readonly pauseMs?: number;
  readonly signal: AbortSignal;
  readonly progress: (round: number, rounds: number) => void;
}

/**
 * Measures the contenders in turn, A B A B, so that a drift of the machine affects all of them
 * alike.
 */
export async function alternate<Value>(
  contenders: readonly Contender<Value>[],
  options: AlternateOptions,
): Promise<Series<Value>[]> {
  const { rounds, warmUpRounds, pauseMs = settleMs, signal, progress } = options;
  const series = contenders.map(({ name }) => ({ name, rounds: [] as (readonly Value[])[] }));
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    progress(Math.max(round, 0), rounds);
    for (const [index, contender] of contenders.entries()) {
      await delay(pauseMs, undefined, { signal });
      const values = await sampleOf(contender);
      if (round >= 0) series[index]?.rounds.push(values);
    }
  }
  progress(rounds, rounds);
  return series;
}

async function sampleOf<Value>(contender: Contender<Value>): Promise<readonly Value[]> {
  try {
    return await contender.sample();
  } catch (error) {
    throw new Error(`${contender.name}: ${(error as Error).message}`, { cause: error });
  }
}
