import { size, threeDigits } from '@hatchery/display';
/** Between a number and its unit: narrow, and a line does not break at it. */
export const space = '\u202f';
// Made once: toLocaleString makes one anew for each number, which thousands of cells would pay for.
const grouped = new Intl.NumberFormat('en');

/** Shown for a number that could not be read. */
export const unknown = '–';

/** At most three digits and a decimal unit, such as `13.9 MB`: as the command line prints it. */
export function bytes(count: number | null | undefined): string {
  return count === null || count === undefined ? unknown : size(count, space);
}

/** A share of one core, such as `12.5 %`; above 100 when several cores are used. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined
    ? unknown
    : `${share < 99.95 ? share.toFixed(1) : grouped.format(Math.round(share))}${space}%`;
}

/** A count or rate, such as `1,240` or `3.2 k`. */
export function count(number: number | null | undefined): string {
  if (number === null || number === undefined) return unknown;
  if (number < 9_999.5) return grouped.format(Math.round(number));
  return number < 999_500
    ? `${threeDigits(number / 1_000)}${space}k`
    : `${threeDigits(number / 1_000_000)}${space}M`;
}
