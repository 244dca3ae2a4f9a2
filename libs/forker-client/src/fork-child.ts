import { connect, type Socket } from 'node:net';
import { AnswerDecoder, childIdOfDirectory, encodeRequest, forkRequest } from '@hatchery/protocol';
import type { Answer, Garbage, Request } from '@hatchery/protocol';
import { ForkerUnavailableError, ForkRefusedError } from './errors.ts';
import { forkAnswerMsMax } from './limits.ts';
import { openPipes, type ChildPipes } from './pipes.ts';
import { watchService } from './service-watch.ts';

/** What to fork. */
export interface ForkOptions {
  /** Path of the fork protocol's socket. */
  readonly socket: string;
  /** Words of the command, unquoted: `['lp-serve', '--inet', 'alice']`. */
  readonly command: readonly string[];
  /**
   * Variables set in the child; the service allows BRZ_EMAIL, BZR_EMAIL, HATCHERY_USER,
   * HATCHERY_TEAMS, HATCHERY_PEER, HATCHERY_SESSION.
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A child that was forked for us and waits for its pipes to be opened. */
export interface ForkedChild {
  /** The service's name for the child: what the dashboard and the logs call it. */
  readonly id: string;
  readonly pid: number;
  readonly directory: string;
  /**
   * The raw wait status, as wait(2) gives it. Rejects with ForkerUnavailableError when the service
   * went away first.
   */
  readonly exited: Promise<number>;
  /** Opens all three FIFOs at once without blocking; may be called once. */
  openPipes(): ChildPipes;
  /** Drops the connection to the service; the child itself is not touched. */
  [Symbol.dispose](): void;
}

/**
 * Asks the fork service for a child and resolves when it exists.
 * @throws {ForkRefusedError} on FAILURE
 * @throws {ForkerUnavailableError} when nobody answers
 * @throws {UnencodableError} for a command or an environment that no request can carry
 */
export async function forkChild(options: ForkOptions): Promise<ForkedChild> {
  return converse(options, forkRequest(options.command, options.environment));
}

/**
 * Takes up the exit of a child that another connection forked, as after a restart of the service.
 * @throws as forkChild
 */
export async function attachChild(
  options: Pick<ForkOptions, 'socket' | 'signal'>,
  id: string,
): Promise<ForkedChild> {
  return converse(options, { kind: 'attach', id });
}

async function converse(
  options: Pick<ForkOptions, 'socket' | 'signal'>,
  request: Request,
): Promise<ForkedChild> {
  options.signal?.throwIfAborted();
  const bytes = encodeRequest(request);
  const socket = connect({ path: options.socket });
  const answers = new Answers(socket, new AnswerDecoder(request.kind));
  const abort = (): void => void socket.destroy(new Error('aborted by the caller'));
  options.signal?.addEventListener('abort', abort);
  try {
    socket.write(bytes);
    socket.setTimeout(forkAnswerMsMax, () =>
      socket.destroy(new Error(`no answer within ${forkAnswerMsMax / 1000} s`)),
    );
    using _watch = watchService(options.socket, (error) => socket.destroy(error));
    const { pid, directory } = await answers.forked;
    socket.setTimeout(0);
    const id = childIdOfDirectory(directory);
    if (id === null)
      throw new ForkerUnavailableError(`the fork service named the pipe directory ${directory}`);
    const dispose = (): void => void socket.destroy();
    return {
      id,
      pid,
      directory,
      exited: answers.exited,
      openPipes: () => openPipes(directory),
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

type Forked = Extract<Answer, { kind: 'forked' }>;

/**
 * The two answers of a fork connection as promises; whatever ends the connection early rejects what
 * is still open.
 */
class Answers {
  readonly #forked = Promise.withResolvers<Forked>();
  readonly #exited = Promise.withResolvers<number>();

  constructor(socket: Socket, decoder: AnswerDecoder) {
    // Whoever is refused never asks for the exit; that is no unhandled rejection.
    this.#exited.promise.catch(() => undefined);
    let cause: Error | undefined;
    socket.on('error', (error) => (cause = error));
    socket.on('data', (bytes: Buffer) => {
      for (const message of decoder.push(bytes)) this.#take(message);
    });
    socket.on('close', () => this.#fail(new ForkerUnavailableError(describeEnd(cause), { cause })));
  }

  get forked(): Promise<Forked> {
    return this.#forked.promise;
  }

  get exited(): Promise<number> {
    return this.#exited.promise;
  }

  #take(message: Answer | Garbage): void {
    if (message.kind === 'forked') this.#forked.resolve(message);
    else if (message.kind === 'exited') this.#exited.resolve(message.status);
    else if (message.kind === 'failure') this.#fail(new ForkRefusedError(message.reason));
    else if (message.kind === 'garbage') {
      this.#fail(
        new ForkerUnavailableError(
          `the fork service said ${message.got} instead of ${message.expected}`,
        ),
      );
    }
  }

  #fail(error: Error): void {
    this.#forked.reject(error);
    this.#exited.reject(error);
  }
}

function describeEnd(cause: Error | undefined): string {
  return cause === undefined
    ? 'the fork service closed the connection'
    : `the fork service: ${cause.message}`;
}
