const space = '\u202f';

/** A length of time in at most two units, as `3 m 12 s`; `ms` below 0 counts as 0. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return two(days, 'd', hours % 24, 'h');
  if (hours > 0) return two(hours, 'h', minutes % 60, 'm');
  if (minutes > 0) return two(minutes, 'm', seconds % 60, 's');
  return `${seconds}${space}s`;
}

/** A short length of time, as `0.2 s`, in seconds to a tenth below ten seconds. */
export function shortDuration(ms: number): string {
  return ms < 10_000 ? `${(Math.max(0, ms) / 1_000).toFixed(1)}${space}s` : duration(ms);
}

/** How long something took, as `12 ms`, `3.4 s` or `2 m 05 s`; a dash when nobody knows. */
export function length(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? `${Math.round(ms)}${space}ms` : shortDuration(ms);
}

/** A stopwatch, as `02:11`. */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${space}${largeUnit} ${pad(small)}${space}${smallUnit}`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
