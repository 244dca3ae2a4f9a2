import type { PastRow } from '@hatchery/events';

/** A text of a row, or a dash when it has none. */
export function textIn(row: PastRow, key: string, nothing = '–'): string {
  const value = row[key] ?? null;
  return value === null ? nothing : String(value);
}

export function numberIn(row: PastRow, key: string): number | null {
  const value = row[key];
  return typeof value === 'number' ? value : null;
}
