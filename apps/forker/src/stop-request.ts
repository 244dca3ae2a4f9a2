import type { Relay } from './requests/relay.ts';
import type { Successor } from './succession/successor.ts';

/**
 * What a stop is: of the service, of this process alone, or of this process after another one has
 * taken over.
 */
export type StopKind =
  | { readonly kind: 'stop' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'hand-over'; readonly successor: Successor; readonly relay: Relay };

/** A stop is asked for once, and made urgent by whoever asks again. */
export class StopRequest {
  readonly #urgent = new AbortController();
  readonly #asked = Promise.withResolvers<void>();
  readonly #handedOver = new AbortController();
  #kind: StopKind = { kind: 'stop' };
  #isFinal = false;

  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  get urgent(): AbortSignal {
    return this.#urgent.signal;
  }

  /** Aborted when another one has everything that is left to do. */
  get handedOver(): AbortSignal {
    return this.#handedOver.signal;
  }

  /**
   * False once another one has been asked to take over, or the children have ended or are being
   * ended.
   */
  get canHandOver(): boolean {
    return this.#kind.kind === 'stop' && !this.#isFinal;
  }

  /** From here on a stop only ends what is left. */
  makeFinal(): void {
    this.#isFinal = true;
  }

  /**
   * Who leaves stops for all when somebody asks for that meanwhile; who has handed over has nothing
   * left to stop.
   */
  get kind(): StopKind {
    return this.#kind;
  }

  ask(urgent: boolean): void {
    if (urgent) this.#urgent.abort();
    if (this.#kind.kind === 'leave') this.#kind = { kind: 'stop' };
    this.#asked.resolve();
  }

  askToLeave(): void {
    this.#kind = { kind: 'leave' };
    this.#asked.resolve();
  }

  /** `relay` takes clients of this process to the successor; whoever hands over disposes it. */
  askToHandOver(successor: Successor, relay: Relay): void {
    this.#kind = { kind: 'hand-over', successor, relay };
    this.#handedOver.abort();
    this.#asked.resolve();
  }
}
