const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Signals to a command that has begun something: it is told to end that, and the command waits for
 * it instead of leaving it half done.
 */
export class Interrupted implements Disposable {
  /** The first one; null when none came. */
  by: NodeJS.Signals | null = null;
  readonly #end: () => void;

  /** `end` is called at each. */
  constructor(end: () => void) {
    this.#end = end;
    for (const signal of signals) process.on(signal, this.#take);
  }

  [Symbol.dispose](): void {
    for (const signal of signals) process.off(signal, this.#take);
  }

  readonly #take = (signal: NodeJS.Signals): void => {
    this.by ??= signal;
    this.#end();
  };
}
