import { setTimeout as delay } from 'node:timers/promises';
import { ForkRefusedError } from '@hatchery/forker-client';
import { forkedSessions } from './forked-session.ts';
import type { OpenSession } from './session.ts';

/** The requests of a crowd. */
export interface CrowdOptions {
  readonly socket: string;
  readonly requestsPerSecond: number;
  /** How long each accepted session stays open. */
  readonly heldMs: number;
  readonly signal: AbortSignal;
}

/** The result of a crowd. */
export interface CrowdResult {
  readonly served: number;
  readonly refused: number;
  readonly refusalsMs: readonly number[];
  readonly firstRepliesMs: readonly number[];
}

/** How often requests are sent; each time as many as have become due. */
const tickMs = 5;

/**
 * Requests sessions at a rate that slow answers do not reduce, as independent clients do, until it
 * is ended.
 */
export class Crowd {
  readonly #options: CrowdOptions;
  readonly #open: OpenSession;
  readonly #asking = new Set<Promise<void>>();
  readonly #refusalsMs: number[] = [];
  readonly #firstRepliesMs: number[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #startedAtMs = performance.now();
  #asked = 0;
  #failure: Error | null = null;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#open = forkedSessions(options.socket);
    this.#timer = setInterval(() => this.#askDue(), tickMs);
  }

  /**
   * Stops asking, and waits for all answers and for all sessions to end. @throws the first failure
   * other than a refusal
   */
  async end(): Promise<CrowdResult> {
    clearInterval(this.#timer);
    await Promise.all(this.#asking);
    if (this.#failure !== null) throw this.#failure;
    const [refusalsMs, firstRepliesMs] = [this.#refusalsMs, this.#firstRepliesMs];
    return {
      served: firstRepliesMs.length,
      refused: refusalsMs.length,
      refusalsMs,
      firstRepliesMs,
    };
  }

  #askDue(): void {
    const due = ((performance.now() - this.#startedAtMs) * this.#options.requestsPerSecond) / 1000;
    for (; this.#asked < due; this.#asked += 1) {
      const asking = this.#askOnce().catch(
        (error: unknown) => void (this.#failure ??= error as Error),
      );
      this.#asking.add(asking);
      void asking.then(() => this.#asking.delete(asking));
    }
  }

  async #askOnce(): Promise<void> {
    const { heldMs, signal } = this.#options;
    const startedAtMs = performance.now();
    try {
      const session = await this.#open(signal);
      this.#firstRepliesMs.push(session.firstReplyMs);
      await delay(heldMs, undefined, { signal });
      await session.end();
    } catch (error) {
      if (!(error instanceof ForkRefusedError)) throw error;
      this.#refusalsMs.push(performance.now() - startedAtMs);
    }
  }
}
