/** One number with its labels, as Prometheus reads it. */
export interface Sample {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly values: readonly SampleValue[];
}

/** `suffix` is a histogram's `_bucket`, `_sum` or `_count`. */
interface SampleValue {
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export function gauge(name: string, help: string, value: number): Sample {
  return { name, type: 'gauge', help, values: [{ value }] };
}

export function counter(name: string, help: string, value: number): Sample {
  return { name, type: 'counter', help, values: [{ value }] };
}

/**
 * The text exposition format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
export function exposition({ name, type, help, values }: Sample): string {
  const lines = values.map(
    ({ suffix = '', labels, value }) => `${name}${suffix}${labelText(labels)} ${value}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  if (labels === undefined) return '';
  return `{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(',')}}`;
}
