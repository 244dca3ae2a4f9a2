import { aliveLine, isPipeDirectory, pidMax, quittingLine } from './answer-encoder.ts';
import type { Answer } from './answer.ts';
import { oneLine } from './one-line.ts';
import { quoteText } from './quoted.ts';
import type { RequestKind } from './request.ts';
import { waitStatusMax } from './wait-status.ts';

/**
 * Bytes that are not an answer to the request. `got` is in Python's quotes, bounded, fit for a log.
 */
export interface Garbage {
  readonly kind: 'garbage';
  readonly expected: string;
  readonly got: string;
}

/** Which line of which answer comes next. */
export type AnswerState =
  | { readonly name: 'start' }
  | { readonly name: 'greeting' }
  | { readonly name: 'pid' }
  | { readonly name: 'directory'; readonly pid: number }
  | { readonly name: 'exited' }
  | { readonly name: 'status' }
  | { readonly name: 'reason' }
  /** The last answer came; the service closes the connection. */
  | { readonly name: 'complete' }
  | { readonly name: 'broken'; readonly garbage: Garbage };

/** The state after a line, and what the line completed. */
export interface AnswerStep {
  readonly state: AnswerState;
  readonly message: Answer | Garbage | null;
}

/** Reads one line, without its end, of the answer to a request of `kind`. */
export function readAnswerLine(kind: RequestKind, state: AnswerState, line: string): AnswerStep {
  switch (state.name) {
    case 'start':
      return readFirstLine(kind, line);
    case 'greeting':
      return readGreeting(kind, line);
    case 'pid': {
      const pid = wholeNumberIn(line, 1, pidMax);
      return pid === null
        ? broken('a pid', line)
        : { state: { name: 'directory', pid }, message: null };
    }
    case 'directory':
      if (!isPipeDirectory(line)) return broken('an absolute path', line);
      return {
        state: { name: 'exited' },
        message: { kind: 'forked', pid: state.pid, directory: line },
      };
    case 'exited':
      return line === 'exited'
        ? { state: { name: 'status' }, message: null }
        : broken("'exited'", line);
    case 'status': {
      const status = wholeNumberIn(line, 0, waitStatusMax);
      return status === null ? broken('a wait status', line) : complete({ kind: 'exited', status });
    }
    case 'reason':
      return complete({ kind: 'failure', reason: oneLine(line) });
    case 'complete':
      return broken('the end of the connection', line);
    case 'broken':
      return { state, message: null };
    default:
      return state satisfies never;
  }
}

function readFirstLine(kind: RequestKind, line: string): AnswerStep {
  if (line === 'FAILURE') return { state: { name: 'reason' }, message: null };
  const reason = /^FAILURE: ?(.*)$/s.exec(line)?.[1];
  if (reason !== undefined)
    return complete({ kind: 'failure', reason: oneLine(reason), sameLine: true });
  if (line !== 'ok') return broken("'ok' or 'FAILURE'", line);
  switch (kind) {
    case 'hello':
    case 'quit':
      return { state: { name: 'greeting' }, message: null };
    case 'fork':
    case 'attach':
      return { state: { name: 'pid' }, message: null };
    case 'child-connect-timeout':
      return complete({ kind: 'ok' });
    default:
      return kind satisfies never;
  }
}

function readGreeting(kind: RequestKind, line: string): AnswerStep {
  const expected = kind === 'hello' ? aliveLine : quittingLine;
  if (line !== expected) return broken(quoteText(expected), line);
  return complete({ kind: kind === 'hello' ? 'alive' : 'quitting' });
}

function complete(message: Answer): AnswerStep {
  return { state: { name: 'complete' }, message };
}

function broken(expected: string, line: string): AnswerStep {
  return brokenBy({ kind: 'garbage', expected, got: quoteText(line) });
}

/** The step into the final state after garbage. */
export function brokenBy(garbage: Garbage): AnswerStep {
  return { state: { name: 'broken', garbage }, message: garbage };
}

/** Plain decimal digits only, as the service writes them: no sign, no leading zero. */
function wholeNumberIn(text: string, minimum: number, maximum: number): number | null {
  if (!/^(0|[1-9]\d*)$/.test(text)) return null;
  const value = Number(text);
  return value >= minimum && value <= maximum ? value : null;
}
