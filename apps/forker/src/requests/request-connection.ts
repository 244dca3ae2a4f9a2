import type { Socket } from 'node:net';
import {
  encodeAnswer,
  refusalAnswer,
  RequestDecoder,
  requestTimedOutAnswer,
} from '@hatchery/protocol';
import type { Answer, Request, RequestOutcome } from '@hatchery/protocol';
import { peerOf } from './peer.ts';
import { LeaveWatch, type Requester } from './requester.ts';

/** Who answers requests. */
export type RequestHandler = (request: Request, reply: Reply, requester: Requester) => void;

/** Sends one answer. */
export type Reply = (answer: Answer, options?: ReplyOptions) => void;

/** What goes with an answer. */
export interface ReplyOptions {
  /** The connection is closed behind the answer. */
  readonly last?: boolean;
  /** Called when the client has left and can never read it. */
  readonly undelivered?: (() => void) | undefined;
  /** Called when the answer is in the client's hands. */
  readonly delivered?: (() => void) | undefined;
}

/** One connection: one request, read under a deadline, and its answers. Never closed in silence. */
export function takeRequest(
  socket: Socket,
  requestTimeoutMs: number,
  handle: RequestHandler,
): void {
  const acceptedAtMs = performance.now();
  const decoder = new RequestDecoder();
  let watch: LeaveWatch | undefined;
  const reply: Reply = (answer, { last = false, undelivered, delivered } = {}) => {
    watch?.[Symbol.dispose]();
    // Only a write tells a client that has gone (EPIPE) from one that sends no more: both look like
    // EOF.
    if (!socket.writable) undelivered?.();
    else socket.write(encodeAnswer(answer), (error) => (error ? undelivered?.() : delivered?.()));
    // A client that sends more than its request must not keep us from closing, nor its bytes fill a
    // buffer.
    if (last) socket.end(() => socket.destroy());
  };
  const deadline = setTimeout(
    () => finish(() => reply(requestTimedOutAnswer, { last: true })),
    requestTimeoutMs,
  );
  const finish = (answer: () => void): void => {
    clearTimeout(deadline);
    socket.off('data', read).off('end', readEnd).resume();
    answer();
  };
  const settle = (outcome: RequestOutcome): void =>
    finish(() => {
      if (outcome.kind !== 'request') return reply(refusalAnswer(outcome.reason), { last: true });
      watch = new LeaveWatch(socket);
      handle(outcome.request, reply, {
        acceptedAtMs,
        left: watch.left,
        peer: () => peerOf(socket),
      });
    });
  const read = (bytes: Buffer): void => {
    const progress = decoder.push(bytes);
    if (progress.kind !== 'incomplete') settle(progress);
  };
  const readEnd = (): void => settle(decoder.end());
  socket.on('data', read).on('end', readEnd);
  // Without a listener a reset by the client would end the process; `close` follows and tells the
  // rest.
  socket.on('error', () => undefined);
  socket.on('close', () => clearTimeout(deadline));
}
