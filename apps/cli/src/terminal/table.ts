/**
 * Columns as wide as their widest cell, two spaces between; the last one is not padded. Control
 * characters are shown as `\xNN`: a cell may hold what a client sent, and a terminal would obey it.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map(visible));
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => shownWidth(row[column] ?? ''))),
  );
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - shownWidth(cell)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/**
 * What a terminal shows in two columns: the scripts of East Asia (Unicode UAX 11, wide and
 * fullwidth) and emoji.
 */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Columns of a terminal. */
function shownWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return [...graphemes.segment(text)].reduce(
    (sum, { segment }) => sum + (wide.test(segment) ? 2 : 1),
    0,
  );
}

/** Without anything that a terminal would obey. */
export function visible(text: string): string {
  // C0 and C1 controls, and the marks that turn the direction of writing (Unicode UAX 9).
  return text.replace(
    /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
