/** A larger jump means that a clock was set, not that the network is slow. */
const settledMs = 2_000;

/**
 * The server's clock minus ours, after one more measurement. A message can only be late, so the
 * largest difference seen is nearest the truth, unless one of the clocks was set.
 */
export function nextClockOffset(known: number | null, measured: number): number {
  if (known === null || Math.abs(measured - known) > settledMs) return measured;
  return Math.max(known, measured);
}
