import type { WriteStream } from 'node:tty';

/**
 * Shows the progress of a run: on a terminal in one line that changes, elsewhere in one line per
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

  /** Progress of one figure. */
  of(name: string): (round: number, rounds: number) => void {
    return (round, rounds) => {
      if (this.#stream.isTTY) this.say(`${name}: ${round} of ${rounds} rounds`);
      else if (round === rounds) this.say(`${name}: ${rounds} rounds done`);
    };
  }

  /** Clears the line for the next output. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
