import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { attachChild, ForkerUnavailableError } from '@hatchery/forker-client';
import { AnswerDecoder, childIdOfDirectory, encodeRequest, type Answer, type Request } from '@hatchery/protocol';
import { unknownStatus } from '../children/running/registry.ts';
import { relayRetryEveryMs, relayRetryForMs } from '../limits.ts';
import type { Reply } from './request-connection.ts';

/** What a client is told when neither we nor our successor can take its request. */
const tryAgain = { kind: 'failure', reason: 'the service is being restarted: try again in a moment' } as const;

/**
 * Passes a request on to the successor that listens on `socket`, and each of its answers back: the client dialled us a
 * moment too early and need not know.
 */
export function relayRequest(socket: string, request: Request, reply: Reply): void {
  const decoder = new AnswerDecoder(request.kind);
  const connection = connect({ path: socket });
  let child: string | null = request.kind === 'attach' ? request.id : null;
  let isDone = false;
  const finish = (answer: Answer): void => {
    isDone = true;
    reply(answer, { last: true });
  };
  connection.write(encodeRequest(request));
  connection.on('data', (bytes: Buffer) => {
    for (const answer of decoder.push(bytes)) {
      if (isDone) return;
      if (answer.kind === 'garbage') return void connection.destroy();
      if (answer.kind !== 'forked') return finish(answer);
      child = childIdOfDirectory(answer.directory);
      // A client that has gone is found out by its answer; the child is then the successor's to end.
      reply(answer, { undelivered: () => connection.destroy() });
    }
  });
  connection.on('error', () => undefined);
  connection.on('close', () => {
    if (isDone) return;
    if (child === null) return finish(tryAgain);
    void relayExit(socket, child).then((status) => finish({ kind: 'exited', status }));
  });
}

/**
 * The raw exit status of a child that the successor on `socket` looks after; that of an unknown end when nobody can tell,
 * or `signal` fires because nobody wants to know any more. Never rejects.
 */
export async function relayExit(socket: string, id: string, signal?: AbortSignal): Promise<number> {
  let lastTryAt = performance.now() + relayRetryForMs;
  while (performance.now() < lastTryAt && signal?.aborted !== true) {
    try {
      using child = await attachChild({ socket }, id);
      lastTryAt = Infinity;
      const leave = (): void => child[Symbol.dispose]();
      signal?.addEventListener('abort', leave, { once: true });
      return await child.exited.finally(() => signal?.removeEventListener('abort', leave));
    } catch (error) {
      if (!(error instanceof ForkerUnavailableError)) return unknownStatus;
      if (lastTryAt === Infinity) lastTryAt = performance.now() + relayRetryForMs;
    }
    await delay(relayRetryEveryMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
  return unknownStatus;
}
