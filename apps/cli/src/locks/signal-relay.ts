/** Signals that ask a command for something. */
const relayed: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'];

/**
 * Takes the signals of this process and hands them to whoever they are for at the moment. It is there before a command
 * starts: one that came between the start and a handler would end us and not the command.
 */
export class SignalRelay implements Disposable {
  #receiver: ((signal: NodeJS.Signals) => void) | null = null;
  readonly #kept: NodeJS.Signals[] = [];

  constructor() {
    for (const signal of relayed) process.on(signal, this.#take);
  }

  /** From now on they go there, first those that came while they were for nobody. */
  deliverTo(receiver: (signal: NodeJS.Signals) => void): void {
    this.#receiver = receiver;
    for (const signal of this.#kept.splice(0)) receiver(signal);
  }

  /** Keeps what comes until there is somebody again. */
  hold(): void {
    this.#receiver = null;
  }

  [Symbol.dispose](): void {
    for (const signal of relayed) process.off(signal, this.#take);
  }

  readonly #take = (signal: NodeJS.Signals): void => {
    if (this.#receiver === null) this.#kept.push(signal);
    else this.#receiver(signal);
  };
}
