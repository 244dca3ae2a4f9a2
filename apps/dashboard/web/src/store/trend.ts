import type { ChildUsage, UsageSample } from '@hatchery/events';
import { Series } from './series.ts';

/** What several samples of one child say together. A null is unknown yet. */
export interface Trend {
  /** The latest CPU shares in percent; shared with the trend before and after this one. */
  readonly cpu: Series;
  /** Private memory in bytes, likewise. */
  readonly memory: Series;
  /** When each of these was sampled, in milliseconds since 1970 of the publisher's clock. */
  readonly times: Series;
  readonly faultsPerS: number | null;
  readonly ioBytesPerS: number | null;
  readonly usage: ChildUsage;
  /** When that was, in milliseconds since 1970 of the publisher's clock. */
  readonly at: number;
}

/**
 * The trend after one more sample, taken at `at`. A sample that is not newer than the last one
 * changes nothing.
 */
export function nextTrend(
  trend: Trend | undefined,
  { usage }: Pick<UsageSample, 'usage'>,
  at: number,
): Trend {
  const seconds = trend === undefined ? 0 : (at - trend.at) / 1_000;
  if (trend !== undefined && !(seconds > 0)) return trend;
  const { cpu, memory, times } = trend ?? {
    cpu: new Series(),
    memory: new Series(),
    times: new Series(),
  };
  cpu.push(usage.cpuPercent ?? 0);
  memory.push(usage.privateBytes ?? 0);
  times.push(at);
  const before = trend?.usage;
  return {
    cpu,
    memory,
    times,
    faultsPerS: before === undefined ? null : rate(faults(before), faults(usage), seconds),
    ioBytesPerS: before === undefined ? null : rate(ioBytes(before), ioBytes(usage), seconds),
    usage,
    at,
  };
}

/** A copy that later samples do not change. */
export function heldTrend(trend: Trend): Trend {
  return {
    ...trend,
    cpu: trend.cpu.copy(),
    memory: trend.memory.copy(),
    times: trend.times.copy(),
  };
}

function rate(before: number | null, now: number | null, seconds: number): number | null {
  return now === null || before === null ? null : Math.max(0, (now - before) / seconds);
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
