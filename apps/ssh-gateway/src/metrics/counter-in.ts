import type { Labels } from '@hatchery/metrics';
import { Counter, type Registry } from 'prom-client';

/**
 * `known` label sets are shown as 0 from the start, so that the first increment is one that a rate
 * can see.
 */
export function counterIn(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  known: readonly Labels[] = [],
): Counter {
  const counter = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  for (const labels of known) counter.inc({ ...labels }, 0);
  return counter;
}
