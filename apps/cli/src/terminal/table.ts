import { visible } from '@hatchery/display';
import stringWidth from 'string-width';

/**
 * Columns as wide as their widest cell, two spaces between; the last one is not padded. Control
 * characters are shown as escapes: a cell may hold what a client sent, which a terminal obeys.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map(visible));
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => stringWidth(row[column] ?? ''))),
  );
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
