import type { FailureAnswer } from './answer.ts';
import { encodeAnswer } from './answer-encoder.ts';

/** Why a request was not understood; always the client's error. The list of codes is closed. */
export type Refusal =
  /** `quoted` is the first line in Python's quotes, bounded. */
  | { readonly code: 'unknown-request'; readonly quoted: string }
  | { readonly code: 'parse-failed'; readonly why: string }
  | { readonly code: 'bad-child-connect-timeout'; readonly why: string }
  | { readonly code: 'too-long'; readonly bytesMax: number }
  /**
   * The codec has no clock: the code that reads the socket makes this one, see {@link
   * requestTimedOut}.
   */
  | { readonly code: 'timed-out' };

/** The refusal of a request that was not complete within the request timeout. */
export const requestTimedOut: Refusal = { code: 'timed-out' };

/** The answer to the client of a timed-out request. */
export const requestTimedOutAnswer: FailureAnswer = refusalAnswer(requestTimedOut);

/** The answer to a refused request: docs/reference/fork-protocol.md#failures. */
export function refusalAnswer(refusal: Refusal): FailureAnswer {
  switch (refusal.code) {
    case 'unknown-request':
      return { kind: 'failure', reason: `unknown request: ${refusal.quoted}` };
    case 'parse-failed':
      return { kind: 'failure', reason: `command or env parsing failed: ${refusal.why}` };
    case 'bad-child-connect-timeout':
      // Launchpad's clients look for `FAILURE:` here, with the reason on the same line.
      return { kind: 'failure', reason: refusal.why, sameLine: true };
    case 'too-long':
      return { kind: 'failure', reason: `request too long: more than ${refusal.bytesMax} bytes` };
    case 'timed-out':
      return { kind: 'failure', reason: 'request timed out' };
    default:
      return refusal satisfies never;
  }
}

/** The bytes of {@link refusalAnswer}. */
export function encodeRefusal(refusal: Refusal): Uint8Array<ArrayBuffer> {
  return encodeAnswer(refusalAnswer(refusal));
}
