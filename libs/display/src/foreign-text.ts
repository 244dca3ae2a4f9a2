import table from './unshowable.json' with { type: 'json' };

/**
 * What moves a terminal's cursor, ends a line or turns text around: C0 and C1 controls, the line
 * and paragraph separators, and the marks of the bidirectional algorithm (Unicode UAX 9). The file
 * is the one source for TypeScript and Python (apps/forker/zygote/shared_rules.py).
 */
const unshowable = new RegExp(table.unshowable, 'gu');

/** Whether a text can be shown as it is, on one line. */
export function isShowable(text: string): boolean {
  return text.search(unshowable) === -1;
}

/** A text with each unshowable character written as its escape, `\x1b` or `\u202e`. */
export function visible(text: string): string {
  return text.replace(unshowable, escaped);
}

/** A text with `substitute` for each unshowable character; the length in characters stays. */
export function masked(text: string, substitute: ' ' | '?'): string {
  return text.replace(unshowable, substitute);
}

/** A text on one line: each run of unshowable characters and whitespace becomes one space. */
export function onOneLine(text: string): string {
  return masked(text, ' ').replace(/\s+/gu, ' ').trim();
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}
