import type { ChildRusage } from './child.ts';

const fields = [
  'userMs',
  'systemMs',
  'maxRssBytes',
  'minorFaults',
  'majorFaults',
  'inBlocks',
  'outBlocks',
  'voluntarySwitches',
  'involuntarySwitches',
] as const satisfies readonly (keyof ChildRusage)[];

/**
 * Whether a value of another process is a {@link ChildRusage}: each field a finite number of at
 * least 0, and no other field.
 */
export function isChildRusage(value: unknown): value is ChildRusage {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== fields.length)
    return false;
  return fields.every((name) => {
    const number = (value as Record<string, unknown>)[name];
    return typeof number === 'number' && Number.isFinite(number) && number >= 0;
  });
}
