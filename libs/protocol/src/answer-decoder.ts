import { brokenBy, readAnswerLine } from './answer-state.ts';
import type { AnswerState, AnswerStep, Garbage } from './answer-state.ts';
import type { Answer } from './answer.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { answerLineBytesMax } from './limits.ts';
import { newline, withoutCarriageReturn } from './line.ts';
import { quoteBytes } from './quoted.ts';
import type { RequestKind } from './request.ts';
import { decodeUtf8 } from './utf8.ts';

/** Whether the service ended the connection at a valid point. */
export type AnswerEnd =
  /** After its last answer. */
  | { readonly kind: 'complete' }
  /**
   * Before its last answer: the service died, or it closed the connection silently
   * (docs/reference/fork-protocol.md#failures).
   */
  | { readonly kind: 'truncated'; readonly state: AnswerState['name']; readonly pending: string }
  | Garbage;

/**
 * Reads the answers to one request from their bytes, in chunks of any size. It never throws: it
 * returns bytes that are not an answer as one {@link Garbage}, and nothing after that.
 */
export class AnswerDecoder {
  readonly #requestKind: RequestKind;
  #state: AnswerState = { name: 'start' };
  #line = new ByteBuffer(answerLineBytesMax);

  constructor(requestKind: RequestKind) {
    this.#requestKind = requestKind;
  }

  /** Bytes of the unfinished line that it holds now; never more than `answerLineBytesMax`. */
  get bufferedBytes(): number {
    return this.#line.length;
  }

  push(bytes: Uint8Array): (Answer | Garbage)[] {
    const messages: (Answer | Garbage)[] = [];
    let start = 0;
    while (start < bytes.length && this.#state.name !== 'broken') {
      const at = bytes.indexOf(newline, start);
      const end = at === -1 ? bytes.length : at;
      const step = this.#take(bytes.subarray(start, end), at !== -1);
      this.#state = step.state;
      if (step.message !== null) messages.push(step.message);
      start = end + 1;
    }
    return messages;
  }

  /** Call this when the service sends no more. */
  end(): AnswerEnd {
    if (this.#state.name === 'broken') return this.#state.garbage;
    const pending = quoteBytes(this.#line.view());
    if (this.#state.name !== 'complete')
      return { kind: 'truncated', state: this.#state.name, pending };
    if (this.#line.length === 0) return { kind: 'complete' };
    return { kind: 'garbage', expected: 'the end of the connection', got: pending };
  }

  /** Takes a part of a line; `finished` says that it is the last part. */
  #take(part: Uint8Array, finished: boolean): AnswerStep {
    const line = this.#line;
    const { room } = line;
    line.append(part.subarray(0, room));
    if (part.length > room) return this.#dropLine(tooLong(line));
    return finished ? this.#dropLine(this.#read(line)) : { state: this.#state, message: null };
  }

  #read(line: ByteBuffer): AnswerStep {
    const bytes = withoutCarriageReturn(line.view());
    const text = decodeUtf8(bytes);
    if (text === null)
      return brokenBy({ kind: 'garbage', expected: 'UTF-8', got: quoteBytes(bytes) });
    return readAnswerLine(this.#requestKind, this.#state, text);
  }

  #dropLine(step: AnswerStep): AnswerStep {
    this.#line = new ByteBuffer(answerLineBytesMax);
    return step;
  }
}

function tooLong(line: ByteBuffer): AnswerStep {
  return brokenBy({
    kind: 'garbage',
    expected: `a line of at most ${answerLineBytesMax} bytes`,
    got: quoteBytes(line.view()),
  });
}
