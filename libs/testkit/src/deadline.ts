import { setTimeout as delay } from 'node:timers/promises';

/**
 * Long, because a loaded machine is slow and a hang is for ever. No test asserts how long something
 * took.
 */
const patienceMs = 60_000;

/** How often a condition is looked at. */
const lookMs = 5;

/** The value of a promise. @throws when it does not settle in time, naming `what` was waited for */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  timeoutMs: number = patienceMs,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const deadline = setTimeout(
    () => late.reject(new Error(`not within ${timeoutMs / 1000} s: ${what}`)),
    timeoutMs,
  );
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(deadline));
}

/**
 * Waits until `look` gives something but false, null or undefined, and returns it. @throws when
 * that takes too long
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  timeoutMs: number = patienceMs,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined)
      return found as Exclude<T, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await delay(lookMs);
  }
}
