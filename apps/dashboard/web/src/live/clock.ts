/** Jumps larger than this are a clock being set, not a slow network. */
const settledMs = 2_000;

/**
 * The server's clock minus ours, from one more measurement. A message is never early, only late, so
 * the largest difference seen is nearest the truth, unless one of the clocks was set.
 */
export function nextClockOffset(known: number | null, measured: number): number {
  if (known === null || Math.abs(measured - known) > settledMs) return measured;
  return Math.max(known, measured);
}
