import type { ReactNode } from 'react';
import type { PastRow } from '@hatchery/events';
import { LineChart, type Point } from '../parts/line-chart.tsx';
import { bytes, percent } from '../parts/quantity.ts';
import { numberIn } from '../past/told.ts';
import type { Series } from '../store/series.ts';
import type { Trend } from '../store/trend.ts';

/** What a child used over its life: from the history, and from the stream since the last record. */
export function UsageCharts({
  past,
  trend,
}: {
  readonly past: readonly PastRow[];
  readonly trend: Trend | undefined;
}): ReactNode {
  const cpu = joined(past, 'cpu_percent', trend, trend?.cpu);
  const memory = joined(past, 'private_bytes', trend, trend?.memory);
  if (cpu.length < 2 && memory.length < 2)
    return <p className="quiet">Not enough samples for a chart yet.</p>;
  return (
    <>
      <LineChart name="CPU" points={cpu} text={percent} />
      <LineChart name="Private memory" points={memory} text={bytes} />
    </>
  );
}

function joined(
  past: readonly PastRow[],
  key: string,
  trend: Trend | undefined,
  latest: Series | undefined,
): readonly Point[] {
  const told = past.map((row): Point => [numberIn(row, 'at') ?? 0, numberIn(row, key)]);
  const lastAt = told.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
  const values = latest?.values() ?? [];
  const times = trend?.times.values() ?? [];
  const live = times.map((at, index): Point => [at, values[index] ?? null]);
  return [...told, ...live.filter(([at]) => at > lastAt)];
}
