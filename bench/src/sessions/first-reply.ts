import type { Readable, Writable } from 'node:stream';
import { firstReplyMsMax } from '../limits.ts';

/**
 * The smallest request of Breezy's smart protocol, and its only right answer
 * (doc/developers/network-protocol.txt).
 */
const request = 'hello\n';
const reply = 'ok\x012\n';

/**
 * Sends the request and resolves when the last byte of the reply is there. @throws an Error that
 * shows what came instead
 */
export function firstReply(stdin: Writable, stdout: Readable, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = AbortSignal.any([signal, AbortSignal.timeout(firstReplyMsMax)]);
  let received = '';
  const take = (chunk: Buffer): void => {
    received += chunk.toString('latin1');
    if (received === reply) resolve();
    else if (!reply.startsWith(received))
      reject(new Error(`the first reply was ${JSON.stringify(received)}`));
  };
  const end = (): void =>
    reject(new Error(`it ended after ${JSON.stringify(received)}, before its first reply`));
  const abort = (): void =>
    reject(new Error(signal.aborted ? 'interrupted' : 'no first reply in time'));
  stdout.on('data', take).once('end', end).once('close', end);
  // The end of stdout, which follows, says what happened. A reused session already has this
  // listener.
  if (stdin.listenerCount('error') === 0) stdin.on('error', () => undefined);
  stop.addEventListener('abort', abort, { once: true });
  if (stop.aborted) abort();
  stdin.write(request);
  return promise.finally(() => {
    stop.removeEventListener('abort', abort);
    stdout.off('data', take).off('end', end).off('close', end).resume();
  });
}
