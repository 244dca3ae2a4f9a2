import type { Config } from '@hatchery/config';
import {
  areLeftoversKept,
  describeLeftovers,
  leftoverRemedy,
  type LeftoverSum,
} from '@hatchery/events';
import { serviceLoad } from '../service/running-service.ts';
import type { Check } from './check.ts';

/**
 * What killed sessions left in the hosting root, as the running service reports it; nothing without
 * an answer.
 */
export async function checkLeftovers(config: Config, nowMs: number): Promise<Check[]> {
  const load = await serviceLoad(config);
  return load === null ? [] : [describeCheck(load.leftovers, nowMs)];
}

/** Only what the hourly collection leaves behind is a trouble. */
export function describeCheck(leftovers: LeftoverSum | null, nowMs: number): Check {
  const what = `left by killed sessions: ${describeLeftovers(leftovers)}`;
  return { what, trouble: areLeftoversKept(leftovers, nowMs) ? leftoverRemedy : null };
}
