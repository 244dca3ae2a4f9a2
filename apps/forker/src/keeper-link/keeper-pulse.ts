import { keeperLookMs, keeperLooksMax } from '../limits.ts';

/**
 * Whether the keeper answers. It is asked all the time, and any word of it is an answer. What is
 * counted are looks in vain, not the time: of a process that was stopped itself there has been one
 * look, whatever the clock says.
 */
export class KeeperPulse implements Disposable {
  readonly #ask: () => void;
  readonly #changed: (isSilent: boolean) => void;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;

  /** `changed` is called when it falls silent, and when it speaks again. */
  constructor(ask: () => void, changed: (isSilent: boolean) => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  get isSilent(): boolean {
    return this.#looks >= keeperLooksMax;
  }

  /** From now on a word is due. */
  begin(): void {
    this[Symbol.dispose]();
    this.#timer = setInterval(() => this.#look(), keeperLookMs);
  }

  /** It has said something. */
  heard(): void {
    const { isSilent } = this;
    this.#looks = 0;
    if (isSilent) this.#changed(false);
  }

  /** Waits for nothing any more, of one that is gone or that answers no questions. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#looks = 0;
  }

  #look(): void {
    // One question is enough for one that does not read: what it is sent piles up with us.
    if (this.#looks === 0) this.#ask();
    this.#looks += 1;
    if (this.#looks === keeperLooksMax) this.#changed(true);
  }
}
