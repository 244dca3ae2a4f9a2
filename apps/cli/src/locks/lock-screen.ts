import { age } from '@hatchery/display';
import type { Lock } from '@hatchery/events';
import { describeLocks } from './describe-locks.ts';

type Locks = Readonly<Record<string, Lock>>;

/**
 * What `hatchery locks --watch` shows. On a terminal each list replaces the one before, and its
 * ages go on; in a file lists follow each other, one for each change. With JSON it is a line for
 * each change and nothing else.
 */
export class LockScreen {
  readonly #format: 'terminal' | 'text' | 'json';
  readonly #now: () => Date;
  readonly #print: (text: string) => void;
  readonly #hint: (text: string) => string;
  #locks: Locks | null = null;
  /** Since when what is shown may be so no more; null while the service is heard. */
  #staleSince: Date | null = null;

  /** `hint` is of the invocation that they are shown to. */
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

  /** These are the locks now. */
  show(locks: Locks): void {
    if (locks === this.#locks) return;
    this.#locks = locks;
    this.#draw();
  }

  /** Whether the service is heard. */
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
    return `STALE for ${since}: the service is away, and this may be so no more\n`;
  }
}
