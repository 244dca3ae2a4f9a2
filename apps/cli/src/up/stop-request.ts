import { bySignal, type Asked } from './who-asked.ts';

/** Tells a supervisor that its successor serves. SIGUSR1 is Node's own, for its debugger. */
export const retireSignal = 'SIGUSR2';

/**
 * SIGINT and SIGTERM: the first asks for an orderly end, each further one makes it urgent. SIGHUP,
 * of a terminal that is closed, asks once. {@link retireSignal} asks for an end behind a successor.
 * An exception that nobody has caught asks too: the parts must not outlive a process that may have
 * lost track of them.
 */
export class StopRequest implements Disposable {
  readonly #asked = new AbortController();
  readonly #urgent = new AbortController();
  readonly #say: (line: string) => void;
  /** True when a successor has everything that is new. */
  isRetirement = false;
  /** Who has asked for the end first, and how; null as long as nobody has. */
  by: Asked | null = null;
  /** What nobody has caught; null when the end was asked for. */
  failure: Error | null = null;

  /** `say` hears of exceptions. */
  constructor(say: (line: string) => void) {
    this.#say = say;
    process.on('SIGINT', this.ask).on('SIGTERM', this.ask).on('SIGHUP', this.begin);
    process.on(retireSignal, this.#retire).on('uncaughtException', this.fail);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#asked.signal;
  }

  /** Aborted by the second. */
  get urgent(): AbortSignal {
    return this.#urgent.signal;
  }

  /** Resolves at the first signal. */
  get asked(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.signal.aborted) resolve();
    else this.signal.addEventListener('abort', () => resolve(), { once: true });
    return promise;
  }

  /** @throws {Error} what nobody has caught, once everything has ended */
  throwIfFailed(): void {
    if (this.failure !== null) throw this.failure;
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.ask).off('SIGTERM', this.ask).off('SIGHUP', this.begin);
    process.off(retireSignal, this.#retire).off('uncaughtException', this.fail);
  }

  readonly ask = (signal?: string): void => {
    if (this.#asked.signal.aborted) this.#urgent.abort();
    this.#begin(signal === undefined ? null : bySignal(signal));
  };

  /** Begins the end unless it has begun; never urgent. */
  readonly begin = (signal?: string): void =>
    this.#begin(signal === undefined ? null : bySignal(signal));

  /** The same for somebody who is known. */
  beginFor(actor: string): void {
    this.#begin({ actor, reason: 'hatchery stop' });
  }

  #begin(by: Asked | null): void {
    if (!this.#asked.signal.aborted) this.by = by;
    this.#asked.abort();
  }

  readonly #retire = (): void => {
    if (this.#asked.signal.aborted) return;
    this.isRetirement = true;
    this.#asked.abort();
  };

  /** Begins the end because of what nobody has caught. */
  readonly fail = (thrown: unknown): void => {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.#say(`a mistake of the supervisor ends the service: ${error.stack ?? error.message}`);
    this.failure ??= error;
    this.#begin({ actor: 'the supervisor', reason: error.message });
  };
}
