/**
 * A line of others' text with its controls, and the marks that turn the direction of writing
 * (Unicode UAX 9), written out. A tab stays.
 */
export function visible(text: string): string {
  return text.replace(
    /(?!\t)[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
