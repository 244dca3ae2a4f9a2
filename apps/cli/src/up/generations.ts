import type { Invocation } from '../command.ts';
import type { Generation } from './generation.ts';
import type { Ready } from './ready.ts';
import type { StopRequest } from './stop-request.ts';
import { SuccessorProcess } from './successor.ts';
import type { RestartRequest } from './supervisor-socket.ts';

/** What {@link Generations} work with. */
export interface GenerationsContext {
  readonly invocation: Pick<Invocation, 'config' | 'environment' | 'say'>;
  readonly stop: StopRequest;
  /** Another one serves. */
  readonly replaced: (ready: Ready) => void;
}

/** The generation that serves, and those beside it that still have somebody to serve. */
export class Generations {
  readonly #context: GenerationsContext;
  readonly #failed = Promise.withResolvers<never>();
  readonly #urgent = new AbortController();
  readonly #lingering = new Set<Promise<void>>();
  #current: Generation;
  #replacing: Promise<unknown> | null = null;

  constructor(first: Generation, context: GenerationsContext) {
    this.#context = context;
    this.#current = first;
    this.#failed.promise.catch(() => undefined);
    this.#watch(first);
  }

  /**
   * Has a new one take over, and lets the old one end behind it; what came of it in words.
   * @throws an Error in one line that says why the old one stays
   */
  async replace({ place, actor }: RestartRequest, progress: (line: string) => void): Promise<string> {
    const { invocation, stop } = this.#context;
    if (stop.signal.aborted) throw new Error('it stops');
    if (this.#replacing !== null) throw new Error('another restart is under way');
    const { environment, say } = invocation;
    const next = new SuccessorProcess({ words: place, environment }, actor, stop.signal, progress);
    this.#replacing = next.started;
    try {
      const ready = await next.started;
      const old = this.#current;
      this.#current = next;
      this.#watch(next);
      say('a new generation of all parts serves; what runs in the old ones goes on to its end');
      this.#linger(old.retire(this.#urgent.signal));
      this.#context.replaced(ready);
      return `every part is a new one; the page is ${ready.dashboard}`;
    } catch (error) {
      // A gateway of it that has been up for a moment may have a session.
      this.#linger(next.ended(this.#urgent.signal));
      say(`the parts that run stay: ${(error as Error).message}`);
      throw error;
    } finally {
      this.#replacing = null;
    }
  }

  /** Resolves when a stop was asked for and everything has ended. Rejects when the serving generation cannot go on; then too. */
  async end(say: (line: string) => void): Promise<void> {
    const { stop, invocation } = this.#context;
    try {
      await Promise.race([stop.asked, this.#failed.promise]);
      say('draining; running sessions finish, Ctrl-C again ends them');
    } finally {
      await this.#replacing?.catch(() => undefined);
      stop.urgent.addEventListener('abort', () => this.#urgent.abort());
      const late = setTimeout(() => this.#urgent.abort(), 1000 * invocation.config.forker.childrenTimeoutS);
      if (stop.urgent.aborted) this.#urgent.abort();
      await Promise.all([this.#current.stop(this.#urgent.signal), ...this.#lingering]).finally(() =>
        clearTimeout(late),
      );
    }
  }

  #watch(generation: Generation): void {
    generation.failed.catch((error: unknown) => {
      if (generation === this.#current) this.#failed.reject(error);
    });
  }

  #linger(ended: Promise<void>): void {
    const lingering = ended.finally(() => this.#lingering.delete(lingering));
    this.#lingering.add(lingering);
  }
}
