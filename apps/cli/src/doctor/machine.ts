import { readFileSync } from 'node:fs';
import type { Config } from '@hatchery/config';
import { descriptorsOwn, descriptorsPerSession } from '../limits.ts';
import type { Check } from './check.ts';

/** What the system lets a process of ours have, against what the configured limits may come to. */
export function checkLimits(config: Config): Check[] {
  return checkLimitsIn(readFileSync('/proc/self/limits', 'utf8'), config.forker.childrenMax);
}

/** `limits` is the text of /proc/PID/limits (proc(5)). Node raises its soft limits to the hard ones by itself. */
export function checkLimitsIn(limits: string, childrenMax: number): Check[] {
  const descriptors = descriptorsOwn + descriptorsPerSession * childrenMax;
  const mend = `raise it (ulimit -Hn, LimitNOFILE= of a unit) or lower max_children under [forker]`;
  const files = hardLimit(limits, 'Max open files');
  return [
    {
      what: `open files (${files} allowed, ${descriptors} for ${childrenMax} sessions)`,
      trouble: files < descriptors ? mend : null,
    },
  ];
}

function hardLimit(limits: string, name: string): number {
  const line = limits.split('\n').find((one) => one.startsWith(name)) ?? '';
  const [, hard = ''] = line.slice(name.length).trim().split(/\s+/);
  return hard === 'unlimited' ? Infinity : Number(hard);
}
