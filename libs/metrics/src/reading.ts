import type { Family, Labels } from './family.ts';

/** One number that was read elsewhere. */
export function gauge(name: string, help: string, value: number): Family {
  return gauges(name, help, [{ labels: {}, value }]);
}

/** Numbers that were read elsewhere, by their labels. */
export function gauges(name: string, help: string, values: Family['values']): Family {
  return { name, help, type: 'gauge', aggregator: 'sum', values };
}

/** What was counted elsewhere. */
export function counter(name: string, help: string, value: number): Family {
  return counters(name, help, [{ labels: {}, value }]);
}

/** What was counted elsewhere, by labels. */
export function counters(name: string, help: string, values: Family['values']): Family {
  return { name, help, type: 'counter', aggregator: 'sum', values };
}

/** A distribution that was counted elsewhere. */
export interface Distribution {
  /** Upper bounds, ascending, in the unit of the name. */
  readonly bounds: readonly number[];
  /**
   * A number for each bound and a last one for what is above all. They do not add up on the way.
   */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A distribution as a histogram, whose buckets add up. */
export function histogram(
  name: string,
  help: string,
  { bounds, counts, sum }: Distribution,
): Family {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    const le = index < bounds.length ? String(bounds[index]) : '+Inf';
    return { metricName: `${name}_bucket`, labels: { le } satisfies Labels, value: total };
  });
  const ends = [
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: total },
  ];
  return { name, help, type: 'histogram', aggregator: 'sum', values: [...buckets, ...ends] };
}
