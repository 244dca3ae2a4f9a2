import { drainDeadlineSMax } from './limits.ts';

/**
 * When the clients of a drain are disconnected, from the `deadlineS` of a control request: seconds
 * after `now`. Null when it names none. @throws an Error in words for the operator
 */
export function readDrainDeadline(deadlineS: unknown, now: Date): Date | null {
  if (deadlineS === undefined) return null;
  if (typeof deadlineS === 'number' && deadlineS >= 0 && deadlineS <= drainDeadlineSMax)
    return new Date(now.getTime() + 1000 * deadlineS);
  throw new Error('deadlineS takes seconds, at most a week');
}
