import { withoutSystemdSockets } from '@hatchery/daemon';
import type { Invocation } from '../command.ts';
import { recordDone } from '../sessions/recorded.ts';
import { Backoff } from './backoff.ts';
import type { Generation } from './generation.ts';
import type { Ready } from './ready.ts';
import { recover } from './recover.ts';
import type { StopRequest } from './stop-request.ts';
import type { ListeningSockets } from './listening-sockets.ts';
import { SuccessorProcess } from './successor.ts';
import type { SupervisorLog } from './supervisor-log.ts';
import type { RestartRequest } from './supervisor-socket.ts';

/** What {@link Generations} work with. */
export interface GenerationsContext {
  readonly invocation: Pick<Invocation, 'config' | 'environment' | 'say'>;
  readonly stop: StopRequest;
  readonly log: SupervisorLog;
  /** What the first generation listens on; closed at the end. */
  readonly sockets: ListeningSockets;
  /** Another one serves. */
  readonly replaced: (ready: Ready) => void;
}

/** The generation that serves, and those beside it that still have somebody to serve. */
export class Generations {
  readonly #context: GenerationsContext;
  readonly #urgent = new AbortController();
  readonly #lingering = new Set<Promise<void>>();
  #sockets: ListeningSockets;
  #current: Generation;
  #replacing: Promise<unknown> | null = null;

  constructor(first: Generation, context: GenerationsContext) {
    this.#context = context;
    this.#current = first;
    this.#sockets = context.sockets;
  }

  /**
   * Has a new one take over, and lets the old one end behind it; what came of it in words.
   * @throws an Error in one line that says why the old one stays
   */
  async replace(asked: RestartRequest, progress: (line: string) => void): Promise<string> {
    const { stop } = this.#context;
    if (stop.signal.aborted) throw new Error('it stops');
    if (this.#replacing !== null) throw new Error('another restart is under way');
    const { config, say } = this.#context.invocation;
    const action = {
      actor: asked.actor,
      verb: 'restart',
      target: 'service',
      reason: 'hatchery restart',
    };
    const replacing = this.#replaceNow(asked, progress);
    this.#replacing = replacing;
    try {
      const outcome = await replacing;
      await recordDone(config, action, 'done', say);
      return outcome;
    } catch (error) {
      await recordDone(config, action, `failed: ${(error as Error).message}`, say);
      throw error;
    } finally {
      this.#replacing = null;
    }
  }

  async #replaceNow(asked: RestartRequest, progress: (line: string) => void): Promise<string> {
    const { invocation, stop, log } = this.#context;
    const { environment, say } = invocation;
    // Opened here and not in the successor: there is no way for a descriptor to a process that is
    // not below us.
    const sockets = await this.#sockets
      .replacement(asked.wanted)
      .catch((error: unknown) => this.#stays(error));
    const next = new SuccessorProcess(asked, sockets, {
      environment: withoutSystemdSockets(environment),
      aborted: stop.signal,
      progress,
      log,
    });
    try {
      const ready = await next.started;
      const [old, before] = [this.#current, this.#sockets];
      this.#current = next;
      this.#sockets = sockets;
      this.#watch(next, asked);
      log.format = asked.logFormat;
      sockets.settle();
      before.closeBut(sockets);
      say('a new generation of all parts serves; what runs in the old ones goes on to its end');
      this.#linger(old.retire(this.#urgent.signal));
      this.#context.replaced(ready);
      return `every part is a new one; the page is ${ready.dashboard}`;
    } catch (error) {
      sockets.closeBut(this.#sockets);
      // A gateway of it that has been up for a moment may have a session.
      this.#linger(next.ended(this.#urgent.signal));
      return this.#stays(error);
    }
  }

  #stays(error: unknown): never {
    this.#context.invocation.say(`the parts that run stay: ${(error as Error).message}`);
    throw error;
  }

  /**
   * Ends everything, and resolves when it has: draining, until the deadline for sessions or until
   * somebody asks twice.
   */
  async end(say: (line: string) => void): Promise<void> {
    const { stop, invocation } = this.#context;
    stop.begin();
    say('draining; running sessions finish, Ctrl-C again ends them');
    await this.#replacing?.catch(() => undefined);
    stop.urgent.addEventListener('abort', () => this.#urgent.abort());
    const late = setTimeout(
      () => this.#urgent.abort(),
      1000 * invocation.config.forker.childrenTimeoutS,
    );
    if (stop.urgent.aborted) this.#urgent.abort();
    // The page stays to show the end.
    this.#sockets.closeFor('ssh-gateway');
    await Promise.all([this.#current.stop(this.#urgent.signal), ...this.#lingering]).finally(() => {
      clearTimeout(late);
      this.#sockets[Symbol.dispose]();
    });
  }

  /**
   * Its parts drain when their supervisor has died; others then take over from them, as after a
   * `hatchery start`.
   */
  #watch(generation: Generation, asked: RestartRequest): void {
    const { invocation, stop } = this.#context;
    const isOver = (): boolean => stop.signal.aborted || generation !== this.#current;
    void generation.lost.then(async (how) => {
      const again = (): Promise<string> =>
        this.replace({ ...asked, actor: 'the supervisor' }, invocation.say);
      if (!isOver())
        await recover(how, {
          again,
          isOver,
          backoff: new Backoff(),
          ...invocation,
          stop: stop.signal,
        });
    });
  }

  #linger(ended: Promise<void>): void {
    const lingering = ended.finally(() => this.#lingering.delete(lingering));
    this.#lingering.add(lingering);
  }
}
