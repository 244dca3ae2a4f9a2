import { waitFor, type Found } from '@hatchery/waiting';

/**
 * Long, because a loaded machine is slow and a hang lasts for ever. No test asserts how long
 * something took.
 */
const patienceMs = 60_000;

/** How often to check a condition. */
const lookMs = 5;

/**
 * The value of a promise. @throws when it does not settle in time; the error names `what` was
 * awaited
 */
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
 * Waits until `look` returns something other than false, null or undefined, and returns it. @throws
 * when that takes too long
 */
export async function until<T>(
  what: string | (() => string),
  look: () => T | Promise<T>,
  timeoutMs: number = patienceMs,
): Promise<Found<T>> {
  const found = await waitFor(look, { everyMs: lookMs, forMs: timeoutMs });
  if (found !== null) return found;
  const waited = typeof what === 'string' ? what : what();
  throw new Error(`not within ${timeoutMs / 1000} s: ${waited}`);
}
