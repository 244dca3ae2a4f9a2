import type { Logger } from '@hatchery/daemon';
import { withDrainReason } from '@hatchery/event-feed';
import type { Sessions } from '../session/sessions.ts';
import type { SshServer } from '../ssh/server.ts';
import { msUntil } from './period.ts';
import {
  drainOf,
  open,
  transition,
  type GatewayStatus,
  type StatusEffect,
  type StatusEvent,
} from './status.ts';

/** What the status of a process governs. */
export interface Governed {
  readonly log: Logger;
  readonly server: SshServer;
  readonly sessions: Sessions;
}

/** The status of one process, and what it comes to for the connections of that process. */
export class Standing {
  /**
   * Resolves when it was told to end and nothing is left; rejects when that cannot be waited for.
   */
  readonly finished: Promise<void>;
  readonly #governed: Governed;
  readonly #finished = Promise.withResolvers<void>();
  #status = open;
  #deadline: NodeJS.Timeout | undefined;

  constructor(governed: Governed) {
    this.#governed = governed;
    this.finished = this.#finished.promise;
  }

  get status(): GatewayStatus {
    return this.#status;
  }

  take(event: StatusEvent): void {
    const { state, effects } = transition(this.#status, event);
    this.#status = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: StatusEffect): void {
    const { log, server, sessions } = this.#governed;
    switch (effect.type) {
      case 'refuse': {
        const { deadline, reason } = effect.drain;
        log.info({ sessions: sessions.count, deadlineMs: msUntil(deadline), reason }, 'draining');
        return server.drain(reason);
      }
      case 'admit':
        server.undrain();
        return log.info('drain is over');
      case 'set-deadline':
        return this.#setDeadline(effect.deadline);
      case 'disconnect':
        return this.#disconnect(effect.reason);
      case 'finish':
        return this.#finish();
      default:
        return effect satisfies never;
    }
  }

  #setDeadline(deadline: number | null): void {
    clearTimeout(this.#deadline);
    if (deadline === null) return;
    const passed = (): void => this.take({ type: 'deadline-passed' });
    // An open connection already keeps the process alive; without one there is nobody to
    // disconnect.
    this.#deadline = setTimeout(passed, msUntil(deadline)).unref();
  }

  #disconnect(reason: string): void {
    const { log, server, sessions } = this.#governed;
    log.warn({ sessions: sessions.count, reason }, 'disconnecting clients');
    const words = [`the service is restarting (${reason})`, '; try again in a minute'] as const;
    server.disconnectAll(withDrainReason(words, drainOf(this.#status)?.reason ?? null));
    // Only then is there a child whose client has gone, and hurrying has a meaning.
    void server.closed().then(() => sessions.hurry());
  }

  #finish(): void {
    const { log, server, sessions } = this.#governed;
    if (this.#status.name === 'replaced') {
      const { connectionCount: connections } = server;
      const deadlineMs = msUntil(this.#status.period.deadline);
      log.info(
        { connections, sessions: sessions.count, deadlineMs },
        'a successor serves; connections go on until clients close them',
      );
    }
    void this.#allClosed().then(this.#finished.resolve, this.#finished.reject);
  }

  async #allClosed(): Promise<void> {
    const { server, sessions } = this.#governed;
    // As long as a connection is open it may begin another session.
    await server.closed();
    await sessions.ended();
    this.take({ type: 'all-closed' });
  }
}
