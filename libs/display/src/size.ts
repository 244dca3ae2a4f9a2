const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/**
 * A number of bytes with three digits at most and a decimal unit, as `999 B`, `13.9 MB`. `space`
 * stands before the unit: a terminal has the ordinary one, the page one that does not break.
 */
export function size(bytes: number, space: string = ' '): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? value.toFixed(0) : threeDigits(value)}${space}${units[unit] ?? ''}`;
}

/** A number of bytes as limits of memory are set, in whole powers of two: `64 MiB`. */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

/** A number of bytes in whole megabytes, for one that stands beside its limit: `73 MB`. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** A number below 1000 with a tenth where it has fewer than three digits: `1.0`, `99.9`, `264`. */
export function threeDigits(value: number): string {
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
