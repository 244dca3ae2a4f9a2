import type { ConnectionRefusal } from '../admission.ts';
import type { PlaceAnswer, PlaceNews } from './messages.ts';
import type { Places, SessionPlace, SessionRefusal, StartupPlace } from './places.ts';

/**
 * Places that the first process keeps, as a worker process sees them. Without an answer the place
 * is refused: the gateway is stopping.
 */
export class RemotePlaces implements Places {
  readonly unauthenticated = null;
  readonly #tell: (news: PlaceNews) => void;
  readonly #asked = new Map<number, (answer: PlaceAnswer['refusal'] | 'nobody') => void>();
  #nextId = 1;
  #isCutOff = false;

  constructor(tell: (news: PlaceNews) => void) {
    this.#tell = tell;
  }

  async connection(address: string, source: string): Promise<StartupPlace | ConnectionRefusal> {
    const { id, answer } = await this.#ask((number) => ({
      type: 'connection-comes',
      id: number,
      address,
      source,
    }));
    if (answer === null)
      return { signedIn: () => this.#tell({ type: 'signed-in', id }), left: () => this.#leave(id) };
    // For a connection the answer is one word.
    return typeof answer === 'string' && answer !== 'nobody' ? answer : 'draining';
  }

  async session(user: string): Promise<SessionPlace | SessionRefusal | null> {
    const { id, answer } = await this.#ask((number) => ({
      type: 'session-comes',
      id: number,
      user,
    }));
    if (answer === null) return { left: () => this.#leave(id) };
    return typeof answer === 'object' ? answer : null;
  }

  /** Handles an answer of the first process. */
  answer({ id, refusal }: PlaceAnswer): void {
    this.#asked.get(id)?.(refusal);
    this.#asked.delete(id);
  }

  /** The first process is gone. */
  cutOff(): void {
    this.#isCutOff = true;
    for (const resolve of this.#asked.values()) resolve('nobody');
    this.#asked.clear();
  }

  async #ask(
    news: (id: number) => PlaceNews,
  ): Promise<{ id: number; answer: PlaceAnswer['refusal'] | 'nobody' }> {
    const id = this.#nextId++;
    if (this.#isCutOff) return { id, answer: 'nobody' };
    const { promise, resolve } = Promise.withResolvers<PlaceAnswer['refusal'] | 'nobody'>();
    this.#asked.set(id, resolve);
    this.#tell(news(id));
    return { id, answer: await promise };
  }

  #leave(id: number): void {
    this.#tell({ type: 'left', id });
  }
}
