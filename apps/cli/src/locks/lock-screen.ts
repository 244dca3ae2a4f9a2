import { age } from '@hatchery/display';
import type { Lock } from '@hatchery/events';
import { describeLocks } from './describe-locks.ts';

type Locks = Readonly<Record<string, Lock>>;

/**
 * The output of `hatchery locks --watch`. On a terminal each list replaces the previous one, and
 * its ages keep counting; in a file the lists follow each other, one for each change. With JSON it
 * is one line for each change and nothing else.
 */
export class LockScreen {
  readonly #format: 'terminal' | 'text' | 'json';
  readonly #now: () => Date;
  readonly #print: (text: string) => void;
  readonly #hint: (text: string) => string;
  #locks: Locks | null = null;
  /** Since when the list may be outdated; null while the service answers. */
  #staleSince: Date | null = null;

  /** `hint` belongs to the invocation that shows them. */
  constructor(
    format: 'terminal' | 'text' | 'json',
    now: () => Date,
    print: (text: string) => void,
    hint: (text: string) => string = (text) => text,
  ) {
    this.#format = format;
    this.#now = now;
    this.#print = print;
    this.#hint = hint;
  }

  /** Sets the current locks. */
  show(locks: Locks): void {
    if (locks === this.#locks) return;
    this.#locks = locks;
    this.#draw();
  }

  /** Sets whether the service answers. */
  connection(isUp: boolean): void {
    if (isUp === (this.#staleSince === null)) return;
    this.#staleSince = isUp ? null : this.#now();
    if (this.#format !== 'json') this.#draw();
  }

  /** Time has passed. */
  age(): void {
    if (this.#format === 'terminal') this.#draw();
  }

  #draw(): void {
    if (this.#locks === null) return;
    const list = Object.values(this.#locks);
    if (this.#format === 'json') return this.#print(`${JSON.stringify(list)}\n`);
    const clear = this.#format === 'terminal' ? '\x1b[H\x1b[2J' : '';
    this.#print(
      `${clear}${this.#staleness()}${describeLocks(list, this.#now(), true, this.#hint)}`,
    );
  }

  #staleness(): string {
    if (this.#staleSince === null) return '';
    const since = age(this.#staleSince.getTime(), this.#now().getTime());
    return `STALE for ${since}: the service is away, and this may be outdated\n`;
  }
}
