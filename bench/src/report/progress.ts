import type { WriteStream } from 'node:tty';

/**
 * Tells a person how far a run is: on a terminal in one line that changes, elsewhere in one line a
 * figure.
 */
export class Progress {
  readonly #stream: Pick<WriteStream, 'isTTY' | 'write'>;

  constructor(stream: Pick<WriteStream, 'isTTY' | 'write'>) {
    this.#stream = stream;
  }

  say(text: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[Kbench: ${text}` : `bench: ${text}\n`);
  }

  /** Reports of one figure. */
  of(name: string): (round: number, rounds: number) => void {
    return (round, rounds) => {
      if (this.#stream.isTTY) this.say(`${name}: ${round} of ${rounds} rounds`);
      else if (round === rounds) this.say(`${name}: ${rounds} rounds done`);
    };
  }

  /** Leaves an empty line for what is printed next. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
