import { connect } from 'node:net';
import { encodeRequest } from '@hatchery/protocol';
import { aliveLookMs, aliveLooksMax, forkLateMs, forkLateAgainMs } from './limits.ts';

/** What is being asked now, by socket: of many that wait one asks for all. */
const questions = new Map<string, Promise<boolean>>();

/**
 * Looks after a request that may rightly wait: when it is late, and again and again from then on,
 * the service is asked for a word on a connection of its own. `silent` is called once when it gives
 * none. Dispose it when the answer has come.
 */
export function watchService(socketPath: string, silent: (error: Error) => void): Disposable {
  let isOver = false;
  let timer: NodeJS.Timeout;
  const ask = async (): Promise<void> => {
    const answers = await answersHello(socketPath);
    if (isOver) return;
    if (answers) timer = setTimeout(() => void ask(), forkLateAgainMs);
    else
      silent(
        new Error(
          `it gives no answer, not even to hello within ${(aliveLookMs * aliveLooksMax) / 1000} s`,
        ),
      );
  };
  timer = setTimeout(() => void ask(), forkLateMs);
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

function answersHello(socketPath: string): Promise<boolean> {
  const asked = questions.get(socketPath);
  if (asked !== undefined) return asked;
  const question = sayHello(socketPath).finally(() => questions.delete(socketPath));
  questions.set(socketPath, question);
  return question;
}

/**
 * False when nothing comes. A socket that is gone or full is no proof: one that stops, or is
 * flooded, still answers whom it has let in.
 */
function sayHello(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ path: socketPath });
  let looks = 0;
  // Looks are counted, and not the time: after a stop of this process itself its timer comes before
  // what has arrived meanwhile.
  const timer = setInterval(() => {
    looks += 1;
    if (looks >= aliveLooksMax) resolve(false);
  }, aliveLookMs);
  socket.on('error', () => resolve(true));
  socket.once('data', () => resolve(true));
  socket.on('close', () => resolve(true));
  socket.write(encodeRequest({ kind: 'hello' }));
  return promise.finally(() => {
    clearInterval(timer);
    socket.destroy();
  });
}
