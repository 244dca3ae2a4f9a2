/**
 * Names and values that tell series of one family apart. Never a user, a branch or a client's
 * string: each value is a series for good.
 */
export type Labels = Readonly<Record<string, string>>;

/** One number of a counter or gauge. */
export interface Series {
  readonly labels: Labels;
  readonly value: number;
}

/**
 * One distribution. `counts` has a number for each bound, and a last one for what is above all;
 * they do not add up on the way.
 */
export interface Distribution {
  readonly labels: Labels;
  readonly counts: readonly number[];
  readonly sum: number;
}

/** All series of one name, as plain data that crosses processes. */
export type Family =
  | {
      readonly type: 'counter' | 'gauge';
      readonly name: string;
      readonly help: string;
      readonly series: readonly Series[];
    }
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly help: string;
      /** Upper bounds, ascending. */
      readonly bounds: readonly number[];
      readonly series: readonly Distribution[];
    };

/** The same families of several processes as one: series with the same labels are added up. */
export function mergeFamilies(processes: readonly (readonly Family[])[]): Family[] {
  const merged = new Map<string, Family>();
  for (const family of processes.flat()) {
    const known = merged.get(family.name);
    merged.set(family.name, known === undefined ? family : mergeTwo(known, family));
  }
  return [...merged.values()];
}

/** What stays of a process that has ended: its counters go on counting, its gauges are over. */
export function lastingFamilies(families: readonly Family[]): Family[] {
  return families.filter(({ type }) => type !== 'gauge');
}

/** The text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export function expositionText(families: readonly Family[]): string {
  return families
    .map(({ name, help, type, ...rest }) => {
      const lines = sampleLines({ name, help, type, ...rest } as Family);
      return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join('')}`;
    })
    .join('');
}

function mergeTwo(one: Family, other: Family): Family {
  if (one.type === 'histogram' && other.type === 'histogram') {
    const add = (a: Distribution, b: Distribution): Distribution => ({
      ...a,
      counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)),
      sum: a.sum + b.sum,
    });
    return { ...one, series: mergeSeries(one.series, other.series, add) };
  }
  if (one.type === 'histogram' || other.type === 'histogram')
    throw new TypeError(`${one.name} has two types`);
  const add = (a: Series, b: Series): Series => ({ ...a, value: a.value + b.value });
  return { ...one, series: mergeSeries(one.series, other.series, add) };
}

function mergeSeries<T extends { labels: Labels }>(
  one: readonly T[],
  other: readonly T[],
  add: (a: T, b: T) => T,
): T[] {
  const merged = new Map(one.map((series) => [labelText(series.labels), series]));
  for (const series of other) {
    const known = merged.get(labelText(series.labels));
    merged.set(labelText(series.labels), known === undefined ? series : add(known, series));
  }
  return [...merged.values()];
}

function sampleLines(family: Family): string[] {
  if (family.type === 'histogram')
    return family.series.flatMap((series) => distributionLines(family, series));
  return family.series.map(({ labels, value }) => `${family.name}${labelText(labels)} ${value}`);
}

function distributionLines(
  { name, bounds }: Extract<Family, { type: 'histogram' }>,
  { labels, counts, sum }: Distribution,
): string[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    const le = index < bounds.length ? String(bounds[index]) : '+Inf';
    return `${name}_bucket${labelText({ ...labels, le })} ${total}`;
  });
  return [
    ...buckets,
    `${name}_sum${labelText(labels)} ${sum}`,
    `${name}_count${labelText(labels)} ${total}`,
  ];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([key, value]) => `${key}="${escaped(value).replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
