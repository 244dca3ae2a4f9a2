import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { attachChild, ForkerUnavailableError } from '@hatchery/forker-client';
import {
  AnswerDecoder,
  childIdOfDirectory,
  encodeRequest,
  type Answer,
  type Request,
} from '@hatchery/protocol';
import { unknownStatus } from '../children/running/registry.ts';
import { relayRetryEveryMs, relayRetryForMs, successionLookMs } from '../limits.ts';
import type { Reply } from './request-connection.ts';

/** What a client is told when neither we nor our successor can take its request. */
const tryAgain = {
  kind: 'failure',
  reason: 'the service is being restarted: try again in a moment',
} as const;

/**
 * Passes the clients of this process on to its successor, which listens on the same path. Until the
 * successor has taken the path over, a connection to it would come back to this process, and each
 * one would open the next; so the relay waits for that. Dispose it when no client is left to
 * answer: it closes its connections and ends its waits.
 */
export class Relay implements Disposable {
  readonly #socket: string;
  readonly #over = new AbortController();
  readonly #isReached: Promise<void>;

  /**
   * `socket` is the path of the fork protocol's socket; `isTaken` says whether the successor
   * listens there by now.
   */
  constructor(socket: string, isTaken: () => boolean) {
    this.#socket = socket;
    this.#isReached = this.#reach(isTaken);
  }

  /**
   * Passes a request on, and each of its answers back: the client connected a moment too early and
   * need not know.
   */
  request(request: Request, reply: Reply): void {
    const { signal } = this.#over;
    const giveUp = (): void => reply(tryAgain, { last: true });
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    void this.#isReached.then(() => {
      if (signal.aborted) return;
      signal.removeEventListener('abort', giveUp);
      this.#passOn(request, reply);
    });
  }

  /**
   * The raw exit status of a child that the successor looks after; that of an unknown end when the
   * successor does not answer. Null when the relay is disposed first: then the client asks the next
   * fork service. Never rejects.
   */
  async exit(id: string): Promise<number | null> {
    await this.#isReached;
    const { signal } = this.#over;
    let lastTryAt = performance.now() + relayRetryForMs;
    while (performance.now() < lastTryAt && !signal.aborted) {
      try {
        using child = await attachChild({ socket: this.#socket, signal }, id);
        if (signal.aborted) return null;
        lastTryAt = Infinity;
        const leave = (): void => child[Symbol.dispose]();
        signal.addEventListener('abort', leave, { once: true });
        return await child.exited.finally(() => signal.removeEventListener('abort', leave));
      } catch (error) {
        if (signal.aborted) return null;
        if (!(error instanceof ForkerUnavailableError)) return unknownStatus;
        if (lastTryAt === Infinity) lastTryAt = performance.now() + relayRetryForMs;
      }
      await this.#wait(relayRetryEveryMs);
    }
    return signal.aborted ? null : unknownStatus;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #reach(isTaken: () => boolean): Promise<void> {
    while (!this.#over.signal.aborted && !isTaken()) await this.#wait(successionLookMs);
  }

  #passOn(request: Request, reply: Reply): void {
    const { signal } = this.#over;
    const decoder = new AnswerDecoder(request.kind);
    const connection = connect({ path: this.#socket });
    const leave = (): void => void connection.destroy();
    let child: string | null = request.kind === 'attach' ? request.id : null;
    let isDone = false;
    const finish = (answer: Answer): void => {
      isDone = true;
      reply(answer, { last: true });
    };
    const giveUp = (): void => {
      if (!isDone && child === null) finish(tryAgain);
      leave();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    connection.write(encodeRequest(request));
    connection.on('data', (bytes: Buffer) => {
      for (const answer of decoder.push(bytes)) {
        if (isDone) return;
        if (answer.kind === 'garbage') return leave();
        if (answer.kind !== 'forked') return finish(answer);
        child = childIdOfDirectory(answer.directory);
        // A client that has gone is found out by its answer; the child is then the successor's to
        // end.
        reply(answer, { undelivered: leave });
      }
    });
    connection.on('error', () => undefined);
    connection.on('close', () => {
      signal.removeEventListener('abort', giveUp);
      if (isDone) return;
      if (child === null) return finish(tryAgain);
      void this.exit(child).then((status) => {
        if (status !== null) finish({ kind: 'exited', status });
      });
    });
  }

  async #wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#over.signal }).catch(() => undefined);
  }
}
