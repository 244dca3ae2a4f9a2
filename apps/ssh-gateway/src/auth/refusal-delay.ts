import { setTimeout as delay } from 'node:timers/promises';

/**
 * Milliseconds to wait before a refusal is sent, so that it leaves at the first of `minimum`, 2, 4,
 * 8, … times it after the request. So the delay does not reveal how long the look-up took, nor
 * whether the user exists. As in sshd's ensure_minimum_time_since().
 */
export function refusalDelayMs(elapsedMs: number, minimumMs: number): number {
  let due = minimumMs;
  while (due < elapsedMs) due *= 2;
  return due - elapsedMs;
}

/** Resolves when a refusal that took this long may be sent: see {@link refusalDelayMs}. */
export async function delayRefusal(elapsedMs: number, minimumMs: number): Promise<void> {
  await delay(refusalDelayMs(elapsedMs, minimumMs));
}
