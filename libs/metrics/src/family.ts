import { AggregatorRegistry, type Registry } from 'prom-client';

/**
 * Names and values that tell series of one family apart. Never a user, a branch or a client's
 * string: each value is a series for good.
 */
export type Labels = Readonly<Record<string, string>>;

/** One line of the text format. `metricName` is a histogram's `_bucket`, `_sum` or `_count`. */
export interface Value {
  readonly labels: Labels;
  readonly value: number;
  readonly metricName?: string;
}

/**
 * All series of one name, as plain data that crosses processes: what prom-client calls a metric as
 * JSON.
 */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How series of several processes become one. */
  readonly aggregator: 'sum';
  readonly values: readonly Value[];
}

/** What a registry has counted so far. A copy: what is counted later does not change it. */
export async function readFamilies(registry: Registry): Promise<Family[]> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as readonly Family[];
  return metrics.map(copyOf);
}

/** The same families of several processes as one: series with the same labels are added up. */
export function mergeFamilies(processes: readonly (readonly Family[])[]): Family[] {
  return aggregate(processes).map(copyOf);
}

/** What stays of a process that has ended: its counters go on counting, its gauges are over. */
export function lastingFamilies(families: readonly Family[]): Family[] {
  return families.filter(({ type }) => type !== 'gauge');
}

/** The text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export async function expositionText(families: readonly Family[]): Promise<string> {
  const text = await AggregatorRegistry.aggregate([families as unknown as object[]]).metrics();
  // prom-client puts an empty line between families; no value can hold one, for line feeds are
  // escaped.
  return families.length === 0 ? '' : text.replaceAll('\n\n', '\n');
}

function aggregate(processes: readonly (readonly Family[])[]): readonly Family[] {
  const merged = AggregatorRegistry.aggregate(processes as unknown as object[]);
  return merged.getMetricsAsArray() as unknown as readonly Family[];
}

/**
 * The bound of a bucket last, as other clients of Prometheus write it; what is null is left out.
 */
function copyOf({ name, help, type, aggregator, values }: Family): Family {
  const copied = values.map(({ labels, value, metricName }) => {
    const { le, ...others } = labels;
    const ordered = le === undefined ? others : { ...others, le: String(le) };
    return metricName === undefined
      ? { labels: ordered, value }
      : { labels: ordered, value, metricName };
  });
  return { name, help, type, aggregator, values: copied };
}
