/**
 * Why a message cannot be put on the wire. The caller made the message, so this is the caller's
 * error.
 */
export type UnencodableCode =
  | 'newline'
  | 'nul'
  | 'carriage-return-at-end'
  | 'lone-surrogate'
  | 'empty-command'
  | 'unequal-command'
  | 'bad-variable-name'
  | 'environment-without-fork-env'
  | 'bad-number'
  | 'bad-id'
  | 'bad-directory'
  | 'too-long';

/** Thrown by the encoders and by `quoteWords`: protocol 1 has no form for their argument. */
export class UnencodableError extends Error {
  readonly code: UnencodableCode;
  readonly fault = 'client';

  constructor(code: UnencodableCode, message: string) {
    super(message);
    this.name = 'UnencodableError';
    this.code = code;
  }
}

export type WordsCode = 'no-closing-quotation' | 'no-escaped-character';

/**
 * Thrown by `splitWords` for a command line that is not balanced; the messages are those of
 * Python's shlex.
 */
export class WordsError extends Error {
  readonly code: WordsCode;
  readonly fault = 'client';

  constructor(code: WordsCode) {
    super(code === 'no-closing-quotation' ? 'No closing quotation' : 'No escaped character');
    this.name = 'WordsError';
    this.code = code;
  }
}
