/**
 * Columns as wide as their widest cell, two spaces between; the last one is not padded. Control characters are shown as
 * `\xNN`: a cell may hold what a client sent, and a terminal would obey it.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map(visible));
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Without anything that a terminal would obey. */
export function visible(text: string): string {
  // C0 and C1 controls, and the marks that turn the direction of writing (Unicode UAX 9).
  return text.replace(
    /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
