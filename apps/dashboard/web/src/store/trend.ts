import type { ChildUsage, UsageSample } from '@hatchery/events';
import { trendPointsMax } from '../live/limits.ts';

/** What several samples of one child say together. A null cannot be told yet. */
export interface Trend {
  /** The latest CPU shares in percent, oldest first. */
  readonly cpu: readonly number[];
  /** Private memory in bytes, likewise. */
  readonly memory: readonly number[];
  readonly faultsPerS: number | null;
  readonly ioBytesPerS: number | null;
  readonly last: UsageSample;
}

/** The trend after one more sample. Samples that are no newer than the last one change nothing. */
export function nextTrend(trend: Trend | undefined, sample: UsageSample): Trend {
  const cpu = [...(trend?.cpu ?? []), sample.usage.cpuPercent ?? 0].slice(-trendPointsMax);
  const memory = [...(trend?.memory ?? []), sample.usage.privateBytes ?? 0].slice(-trendPointsMax);
  if (trend === undefined) return { cpu, memory, faultsPerS: null, ioBytesPerS: null, last: sample };
  const seconds = (Date.parse(sample.at) - Date.parse(trend.last.at)) / 1_000;
  if (!(seconds > 0)) return trend;
  const rate = (count: (usage: ChildUsage) => number | null): number | null => {
    const now = count(sample.usage);
    const before = count(trend.last.usage);
    return now === null || before === null ? null : Math.max(0, (now - before) / seconds);
  };
  return { cpu, memory, faultsPerS: rate(faults), ioBytesPerS: rate(ioBytes), last: sample };
}

function faults({ minorFaults, majorFaults }: ChildUsage): number | null {
  return sum(minorFaults, majorFaults);
}

function ioBytes({ readBytes, writeBytes }: ChildUsage): number | null {
  return sum(readBytes, writeBytes);
}

function sum(left: number | null, right: number | null): number | null {
  return left === null && right === null ? null : (left ?? 0) + (right ?? 0);
}
