import type { Logger } from '@hatchery/daemon';
import { withDrainReason } from '@hatchery/event-feed';
import type { Sessions } from './session/sessions.ts';
import type { SshServer } from './ssh/server.ts';

/**
 * How the connections of a process come to an end. A drain refuses new sessions, also on
 * connections that are open. A retirement refuses nothing: a successor gets new connections, and
 * those that are here go on, new sessions on them included, until their clients close them. At the
 * deadline of either, or urgently, every client is disconnected, and their children are asked to
 * end without delay.
 */
export class Drain {
  readonly #log: Logger;
  readonly #server: SshServer;
  readonly #sessions: Sessions;
  #deadline: NodeJS.Timeout | null = null;
  #retirement: NodeJS.Timeout | null = null;
  #reason: string | null = null;
  #isOver = false;

  constructor(log: Logger, server: SshServer, sessions: Sessions) {
    this.#log = log;
    this.#server = server;
    this.#sessions = sessions;
  }

  get isOn(): boolean {
    return this.#deadline !== null;
  }

  get isRetirement(): boolean {
    return this.#retirement !== null;
  }

  /**
   * Asked again it is about the deadline alone; asked after the end, about nothing: a deadline of
   * days would keep the process.
   */
  begin(deadlineMs: number, reason: string | null): void {
    if (this.#isOver) return;
    this.#reason = reason;
    clearTimeout(this.#deadline ?? undefined);
    this.#log.info({ sessions: this.#sessions.count, deadlineMs, reason }, 'draining');
    this.#deadline = this.#disconnectAfter(deadlineMs);
    this.#sessions.drain(reason);
    this.#server.drain(reason);
  }

  /** Begins a retirement; a drain beside it goes on, and can still be ordered and taken back. */
  retire(deadlineMs: number): void {
    if (this.#isOver) return;
    clearTimeout(this.#retirement ?? undefined);
    const [connections, sessions] = [this.#server.connectionCount, this.#sessions.count];
    this.#log.info(
      { connections, sessions, deadlineMs },
      'a successor serves; connections go on until clients close them',
    );
    this.#retirement = this.#disconnectAfter(deadlineMs);
  }

  cancel(): void {
    if (this.#deadline === null) return;
    clearTimeout(this.#deadline);
    this.#deadline = null;
    this.#reason = null;
    this.#sessions.undrain();
    this.#server.undrain();
    this.#log.info('drain is over');
  }

  disconnect(reason: string): void {
    this.#log.warn({ sessions: this.#sessions.count, reason }, 'disconnecting clients');
    this.#server.disconnectAll(
      withDrainReason(
        [`the service is restarting (${reason})`, '; try again in a minute'],
        this.#reason,
      ),
    );
    // Only then is there a child whose client has gone, and hurrying has a meaning.
    void this.#server.closed().then(() => this.#sessions.hurry());
  }

  /** Resolves when nothing is left to wait for. */
  async ended(): Promise<void> {
    // As long as a connection is open it may begin another session.
    await this.#server.closed();
    await this.#sessions.ended();
    this.#isOver = true;
    for (const timer of [this.#deadline, this.#retirement]) clearTimeout(timer ?? undefined);
  }

  #disconnectAfter(deadlineMs: number): NodeJS.Timeout {
    // No reason to live on: whoever is to be disconnected has a connection that is one.
    return setTimeout(() => this.disconnect('drain deadline passed'), deadlineMs).unref();
  }
}
