import { UnencodableError, WordsError } from './errors.ts';

/** Whitespace of Python's shlex. Unicode spaces belong to words, in both. */
const whitespace = ' \t\r\n';

/** A word that a POSIX shell leaves unchanged; the set of Python's shlex.quote. */
const plainWord = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * The words of a command line, as Python's `shlex.split(text)` returns them: quotes and
 * backslashes, no expansion, no comments. Between double quotes a backslash escapes only `"` and
 * `\`.
 * @throws WordsError when a quote is not closed or a backslash is last
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let position = 0;
  while (position < text.length) {
    if (whitespace.includes(text.charAt(position))) {
      position += 1;
      continue;
    }
    const { word, end } = readWord(text, position);
    words.push(word);
    position = end;
  }
  return words;
}

/**
 * The command line that {@link splitWords} splits into the same words. It never contains a newline,
 * because a request is made of lines.
 * @throws UnencodableError for a newline or a NUL in a word
 */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (word.includes('\n'))
    throw new UnencodableError('newline', 'a word of the command holds a newline');
  if (word.includes('\0')) throw new UnencodableError('nul', 'a word of the command holds a NUL');
  return plainWord.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

interface Piece {
  readonly word: string;
  /** Where reading continues. */
  readonly end: number;
}

function readWord(text: string, start: number): Piece {
  let word = '';
  let position = start;
  while (position < text.length && !whitespace.includes(text.charAt(position))) {
    const piece = readPiece(text, position);
    word += piece.word;
    position = piece.end;
  }
  return { word, end: position };
}

function readPiece(text: string, start: number): Piece {
  const character = text.charAt(start);
  if (character === "'") return readSingleQuoted(text, start);
  if (character === '"') return readDoubleQuoted(text, start);
  if (character === '\\') return { word: escaped(text, start + 1), end: start + 2 };
  return { word: character, end: start + 1 };
}

function readSingleQuoted(text: string, start: number): Piece {
  const close = text.indexOf("'", start + 1);
  if (close === -1) throw new WordsError('no-closing-quotation');
  return { word: text.slice(start + 1, close), end: close + 1 };
}

function readDoubleQuoted(text: string, start: number): Piece {
  let word = '';
  for (let position = start + 1; position < text.length; position += 1) {
    const character = text.charAt(position);
    if (character === '"') return { word, end: position + 1 };
    if (character === '\\') {
      position += 1;
      const next = escaped(text, position);
      word += next === '"' || next === '\\' ? next : `\\${next}`;
    } else {
      word += character;
    }
  }
  throw new WordsError('no-closing-quotation');
}

function escaped(text: string, position: number): string {
  if (position >= text.length) throw new WordsError('no-escaped-character');
  return text.charAt(position);
}
