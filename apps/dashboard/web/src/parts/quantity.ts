const space = '\u202f';
// Made once: toLocaleString makes one anew for each number, which thousands of cells would pay for.
const grouped = new Intl.NumberFormat('en');
const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** What stands for a number that could not be read. */
export const unknown = '–';

/** Three digits at most and a decimal unit, as `13.9 MB`: the same that the command line prints. */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined) return unknown;
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 ? value.toFixed(0) : digits(value)}${space}${units[unit] ?? ''}`;
}

/** A share of one core, as `12.5 %`; above 100 when several cores are used. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined
    ? unknown
    : `${share < 99.95 ? share.toFixed(1) : grouped.format(Math.round(share))}${space}%`;
}

/** A count or rate, as `1,240` or `3.2 k`. */
export function count(number: number | null | undefined): string {
  if (number === null || number === undefined) return unknown;
  if (number < 9_999.5) return grouped.format(Math.round(number));
  return number < 999_500
    ? `${digits(number / 1_000)}${space}k`
    : `${digits(number / 1_000_000)}${space}M`;
}

function digits(value: number): string {
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
