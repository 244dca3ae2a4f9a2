/** SIGINT and SIGTERM: the first asks for an orderly end, each further one makes it urgent. */
export class StopRequest implements Disposable {
  readonly #asked = new AbortController();
  readonly #urgent = new AbortController();

  constructor() {
    process.on('SIGINT', this.#take).on('SIGTERM', this.#take);
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
    process.off('SIGINT', this.#take).off('SIGTERM', this.#take);
  }

  readonly #take = (): void => {
    if (this.#asked.signal.aborted) this.#urgent.abort();
    this.#asked.abort();
  };
}
