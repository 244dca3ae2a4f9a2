import { setTimeout as delay } from 'node:timers/promises';

/**
 * Milliseconds to wait before a refusal goes out, so that it leaves at the first of `minimum`, 2,
 * 4, 8, … times it after the request: how long a look-up took, and so whether the user exists,
 * cannot be told from that. As sshd's ensure_minimum_time_since().
 */
export function refusalDelayMs(elapsedMs: number, minimumMs: number): number {
  let due = minimumMs;
  while (due < elapsedMs) due *= 2;
  return due - elapsedMs;
}

/** Resolves when a refusal that took so long may go out: see {@link refusalDelayMs}. */
export async function delayRefusal(elapsedMs: number, minimumMs: number): Promise<void> {
  await delay(refusalDelayMs(elapsedMs, minimumMs));
}
