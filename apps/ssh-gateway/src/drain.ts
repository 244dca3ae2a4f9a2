import type { Logger } from '@hatchery/daemon';
import type { Sessions } from './session/sessions.ts';
import type { SshServer } from './ssh/server.ts';

/**
 * Lets what runs end and takes nothing new. Urgently, or when the deadline has passed, it disconnects every client, and their children are
 * asked to end without delay.
 */
export class Drain {
  readonly #log: Logger;
  readonly #server: SshServer;
  readonly #sessions: Sessions;
  #deadline: NodeJS.Timeout | null = null;
  #isOver = false;

  constructor(log: Logger, server: SshServer, sessions: Sessions) {
    this.#log = log;
    this.#server = server;
    this.#sessions = sessions;
  }

  get isOn(): boolean {
    return this.#deadline !== null;
  }

  /** Asked again it is about the deadline alone; asked after the end, about nothing: a deadline of days would keep the process. */
  begin(deadlineMs: number): void {
    if (this.#isOver) return;
    clearTimeout(this.#deadline ?? undefined);
    this.#log.info({ sessions: this.#sessions.count, deadlineMs }, 'draining');
    // No reason to live on: whoever is to be disconnected has a connection that is one.
    this.#deadline = setTimeout(() => this.disconnect('drain deadline passed'), deadlineMs).unref();
    this.#sessions.drain();
    this.#server.drain();
  }

  cancel(): void {
    if (this.#deadline === null) return;
    clearTimeout(this.#deadline);
    this.#deadline = null;
    this.#sessions.undrain();
    this.#server.undrain();
    this.#log.info('drain is over');
  }

  disconnect(reason: string): void {
    this.#log.warn({ sessions: this.#sessions.count, reason }, 'disconnecting clients');
    this.#server.disconnectAll(`the service is restarting (${reason}); try again in a minute`);
    // Only then is there a child whose client has gone, and hurrying has a meaning.
    void this.#server.closed().then(() => this.#sessions.hurry());
  }

  /** Resolves when nothing is left to wait for. */
  async ended(): Promise<void> {
    await Promise.all([this.#server.closed(), this.#sessions.ended()]);
    this.#isOver = true;
    clearTimeout(this.#deadline ?? undefined);
  }
}
