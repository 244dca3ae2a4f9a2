import { masked } from '@hatchery/display';
import { failureReasonCharactersMax } from './limits.ts';

/**
 * Makes a text fit for one line of an answer: each control character becomes a space, and a text
 * longer than {@link failureReasonCharactersMax} ends in `...`. A reason may quote a client or an
 * exception's message; neither may end the answer early or write escape sequences to an operator's
 * terminal.
 */
export function oneLine(text: string): string {
  const line = masked(text.slice(0, failureReasonCharactersMax + 1), ' ');
  if (line.length <= failureReasonCharactersMax) return line;
  return `${line.slice(0, failureReasonCharactersMax - 3)}...`;
}
