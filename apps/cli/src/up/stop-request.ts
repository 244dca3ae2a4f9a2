/** Tells a supervisor that its successor serves. SIGUSR1 is Node's own, for its debugger. */
export const retireSignal = 'SIGUSR2';

/**
 * SIGINT and SIGTERM: the first asks for an orderly end, each further one makes it urgent. {@link retireSignal} asks for
 * an end behind a successor.
 */
export class StopRequest implements Disposable {
  readonly #asked = new AbortController();
  readonly #urgent = new AbortController();
  /** True when a successor has everything that is new. */
  isRetirement = false;

  constructor() {
    process.on('SIGINT', this.ask).on('SIGTERM', this.ask).on(retireSignal, this.#retire);
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

  [Symbol.dispose](): void {
    process.off('SIGINT', this.ask).off('SIGTERM', this.ask).off(retireSignal, this.#retire);
  }

  readonly ask = (): void => {
    if (this.#asked.signal.aborted) this.#urgent.abort();
    this.#asked.abort();
  };

  readonly #retire = (): void => {
    if (this.#asked.signal.aborted) return;
    this.isRetirement = true;
    this.#asked.abort();
  };
}
