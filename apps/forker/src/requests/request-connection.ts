import type { Socket } from 'node:net';
import { encodeAnswer, refusalAnswer, RequestDecoder, requestTimedOutAnswer } from '@hatchery/protocol';
import type { Answer, Request, RequestOutcome } from '@hatchery/protocol';

/** Who answers requests. `gone` aborts when the client has left before its last answer. */
export interface RequestHandler {
  (request: Request, reply: Reply, gone: AbortSignal): void;
}

/** Sends one answer; with `last` the connection is closed behind it. */
export type Reply = (answer: Answer, options?: { readonly last: boolean }) => void;

/** One connection: one request, read under a deadline, and its answers. Never closed in silence. */
export function takeRequest(socket: Socket, requestTimeoutMs: number, handle: RequestHandler): void {
  const decoder = new RequestDecoder();
  const gone = new AbortController();
  const reply: Reply = (answer, options) => {
    if (socket.writable) socket.write(encodeAnswer(answer));
    // A client that sends more than its request must not keep us from closing, nor its bytes fill a buffer.
    if (options?.last === true) socket.end(() => socket.destroy());
  };
  const deadline = setTimeout(() => finish(() => reply(requestTimedOutAnswer, { last: true })), requestTimeoutMs);
  const finish = (answer: () => void): void => {
    clearTimeout(deadline);
    socket.off('data', read).off('end', readEnd).resume();
    answer();
  };
  const settle = (outcome: RequestOutcome): void =>
    finish(() => {
      if (outcome.kind === 'request') handle(outcome.request, reply, gone.signal);
      else reply(refusalAnswer(outcome.reason), { last: true });
    });
  const read = (bytes: Buffer): void => {
    const progress = decoder.push(bytes);
    if (progress.kind !== 'incomplete') settle(progress);
  };
  const readEnd = (): void => settle(decoder.end());
  socket.on('data', read).on('end', readEnd);
  // Without a listener a reset by the client would end the process; `close` follows and tells the rest.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearTimeout(deadline);
    gone.abort();
  });
}
