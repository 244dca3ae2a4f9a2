const steps = [
  { unit: 'd', seconds: 86_400 },
  { unit: 'h', seconds: 3_600 },
  { unit: 'min', seconds: 60 },
] as const;

/** How long something has lasted, in one unit, rounded down: `59 s`, `2 min`, `3 h`, `4 d`. */
export function age(sinceMs: number, nowMs: number): string {
  const seconds = wholeSeconds(nowMs - sinceMs);
  const step = steps.find((one) => seconds >= one.seconds);
  return step === undefined ? `${seconds} s` : `${Math.floor(seconds / step.seconds)} ${step.unit}`;
}

/**
 * A length of time in two units at most, as `3 m 12 s`, for clocks that are seen to run. `ms` below
 * 0 counts as 0; `space` stands before each unit and between them.
 */
export function duration(ms: number, space: string = ' '): string {
  const seconds = wholeSeconds(ms);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const two = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
    `${large}${space}${largeUnit} ${pad(small)}${space}${smallUnit}`;
  if (days > 0) return two(days, 'd', hours % 24, 'h');
  if (hours > 0) return two(hours, 'h', minutes % 60, 'm');
  if (minutes > 0) return two(minutes, 'm', seconds % 60, 's');
  return `${seconds}${space}s`;
}

/** A short length of time, as `0.2 s`, in seconds to a tenth below ten seconds. */
export function shortDuration(ms: number, space: string = ' '): string {
  return ms < 10_000 ? `${(Math.max(0, ms) / 1_000).toFixed(1)}${space}s` : duration(ms, space);
}

/** A stopwatch, as `02:11`. */
export function stopwatch(ms: number): string {
  const seconds = wholeSeconds(ms);
  return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
}

function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1_000));
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
