import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { firstReplyMsMax } from '../limits.ts';

/**
 * How long the fork service takes to answer `hello`, from the connect to its end. @throws for any
 * other answer
 */
export async function timeHello(socket: string, signal: AbortSignal): Promise<number> {
  const startedAtMs = performance.now();
  const stop = AbortSignal.any([signal, AbortSignal.timeout(firstReplyMsMax)]);
  const connection = connect({ path: socket, signal: stop });
  connection.write('hello\n');
  const answer = await text(connection);
  if (answer !== 'ok\nyep, still alive\n')
    throw new Error(`hello was answered with ${JSON.stringify(answer)}`);
  return performance.now() - startedAtMs;
}
