import { failureReasonCharactersMax } from './limits.ts';

/**
 * C0 and C1 controls, DEL, and the separators that some terminals and log viewers break a line at.
 */
const lineBreakers = /[\p{Cc}\u2028\u2029]/gu;

/**
 * A text made fit for one line of an answer: each control character becomes a space, and what is
 * longer than {@link failureReasonCharactersMax} ends in `...`. A reason may quote a client or an
 * exception's message; neither may end the answer early or write escape sequences to an operator's
 * terminal.
 */
export function oneLine(text: string): string {
  const line = text.slice(0, failureReasonCharactersMax + 1).replace(lineBreakers, ' ');
  if (line.length <= failureReasonCharactersMax) return line;
  return `${line.slice(0, failureReasonCharactersMax - 3)}...`;
}
