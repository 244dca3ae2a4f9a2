/** The settings of a breaker. */
export interface CircuitBreakerOptions {
  /** This many failures in a row open it. */
  readonly failuresMax: number;
  /** It stays open this long before one call may try again. */
  readonly openMs: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

type State =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: number }
  | { readonly kind: 'trying' };

/**
 * Stops calls to a service that is out of order, so that each caller fails at once instead of
 * waiting for the same deadline.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #state: State = { kind: 'closed', failures: 0 };

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /**
   * Whether a call may be made now. After `true` the caller must report {@link succeeded} or {@link
   * failed}.
   */
  admits(): boolean {
    if (this.#state.kind === 'closed') return true;
    if (this.#state.kind === 'trying' || this.#options.now() < this.#state.untilMs) return false;
    this.#state = { kind: 'trying' };
    return true;
  }

  succeeded(): void {
    this.#state = { kind: 'closed', failures: 0 };
  }

  failed(): void {
    const failures =
      this.#state.kind === 'closed' ? this.#state.failures + 1 : this.#options.failuresMax;
    this.#state =
      failures < this.#options.failuresMax
        ? { kind: 'closed', failures }
        : { kind: 'open', untilMs: this.#options.now() + this.#options.openMs };
  }
}
