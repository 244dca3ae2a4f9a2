// Long: one session; it performs the effects that state.ts decides.
import type { Logger } from '@hatchery/daemon';
import type { RunningSession } from '@hatchery/events';
import { exitReport, type ChildExit } from '../ssh/channels/exit-report.ts';
import { exitOf, obtainChild, type SessionChild } from './fork-service.ts';
import { Pumps } from './pumps.ts';
import { SessionRecord } from './session-record.ts';
import type { SessionOptions, SessionServices } from './session-services.ts';
import {
  firstState,
  transition,
  type AbandonStep,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
} from './state.ts';

/**
 * One exec channel and its child, until both are gone. It passes events to {@link transition} and
 * performs the effects; it decides nothing itself.
 */
export class Session {
  readonly id: string;
  /** Resolves when the session is completely over. */
  readonly ended: Promise<void>;
  readonly #options: SessionOptions;
  readonly #services: SessionServices;
  readonly #log: Logger;
  readonly #record: SessionRecord;
  /** Aborts everything the session waits for. */
  readonly #controller = new AbortController();
  /** Ends the request for a child, and nothing else. */
  readonly #asking = new AbortController();
  readonly #resolveEnded: () => void;
  #state: SessionState = firstState;
  #child: SessionChild | null = null;
  #pumps: Pumps | null = null;
  #lastLine: string | null = null;
  #step: NodeJS.Timeout | undefined;
  #eofWait: NodeJS.Timeout | undefined;

  constructor(options: SessionOptions, services: SessionServices) {
    this.id = options.id;
    this.#options = options;
    this.#services = services;
    const { identity, peer } = options.connection;
    this.#log = services.log.child({ sessionId: options.id, user: identity.user, peer });
    this.#record = new SessionRecord(options, services);
    ({ promise: this.ended, resolve: this.#resolveEnded } = Promise.withResolvers<void>());
    this.#log.debug({ command: options.command }, 'session requested');
    options.channel.onGone((reason) => this.#tell({ type: 'client-gone', reason }));
    this.#do(() => this.#fork(), {
      type: 'not-forked',
      line: `hatchery: internal error; tell whoever runs this service about session ${options.id}`,
    });
  }

  /** What an operator sees of it while it runs. */
  get summary(): RunningSession {
    return this.#record.summary(this.#state.name, this.#child?.id ?? null, this.#pumps);
  }

  /** The gateway has to stop now: a child without a client gets no time to finish. */
  hurry(): void {
    this.#tell({ type: 'hurry' });
  }

  #tell(event: SessionEvent): void {
    const { state, effects } = transition(this.#state, event);
    if (state.name !== this.#state.name)
      this.#log.debug(
        { from: this.#state.name, to: state.name, event: event.type },
        'session state changed',
      );
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'stop-asking':
        return this.#asking.abort();
      case 'open-pipes':
        return this.#openPipes();
      case 'tell-and-end':
        return this.#options.channel.refuse(effect.line, 1);
      case 'report-exit':
        return this.#reportExit(effect.exit);
      case 'start-eof-wait':
        this.#eofWait = setTimeout(
          () => this.#tell({ type: 'eof-due' }),
          this.#services.limits.eofWaitMs,
        );
        return;
      case 'send-eof':
        return this.#options.channel.sendEof();
      case 'limit-outputs':
        return this.#pumps?.limitOutputs();
      case 'detach-client':
        return this.#pumps?.detachClient();
      case 'signal':
        return void this.#signal(effect.signal, effect.reason);
      case 'start-step':
        return this.#startStep(effect.step);
      case 'give-up-child':
        return this.#log.error(
          { childId: this.#child?.id, pid: this.#child?.pid },
          'killed child not reported as exited; it may be an orphan',
        );
      case 'release':
        return this.#release(effect.reason);
      default:
        return effect satisfies never;
    }
  }

  async #fork(): Promise<void> {
    const { id, connection, command } = this.#options;
    const { forkSocket: socket, limits, absence } = this.#services;
    const { user, teams } = connection.identity;
    const environment = {
      BRZ_EMAIL: user,
      HATCHERY_USER: user,
      HATCHERY_TEAMS: teams.join(' '),
      HATCHERY_PEER: connection.peer,
      HATCHERY_SESSION: id,
    };
    const outcome = await obtainChild(
      { socket, command, environment },
      limits,
      this.#asking.signal,
      absence,
    );
    switch (outcome.kind) {
      case 'spawned':
        this.#log.warn(
          { err: outcome.cause, fault: 'system' },
          'fork service unavailable; session spawned',
        );
        this.#record.spawned(outcome.child.id, outcome.cause.message);
        return this.#take(outcome.child);
      case 'forked':
        return this.#take(outcome.child);
      case 'refused':
        // Of all these the user can change only their own limit.
        this.#record.refused(
          outcome.code,
          outcome.code === 'children-per-user' ? 'client' : 'system',
        );
        return this.#tell({ type: 'not-forked', line: outcome.line });
      case 'unavailable':
        this.#record.refused('fork-service-unavailable', 'system');
        this.#log.error({ err: outcome.cause, fault: 'system' }, 'fork service unavailable');
        return this.#tell({ type: 'not-forked', line: outcome.line });
      case 'aborted':
        this.#record.refused('client-gone', 'client');
        return this.#tell({ type: 'not-forked', line: 'hatchery: cancelled' });
      default:
        return outcome satisfies never;
    }
  }

  #take(child: SessionChild): void {
    this.#child = child;
    this.#record.forked();
    this.#do(() => this.#awaitExit(child), { type: 'exit-lost' });
    this.#tell({ type: 'forked' });
  }

  async #awaitExit(child: SessionChild): Promise<void> {
    const { forkSocket, limits } = this.#services;
    const exit = await exitOf(child, forkSocket, limits, this.#controller.signal);
    if (exit !== null) this.#record.exited(exit);
    if (exit?.kind === 'signal') await this.#askWhy(child);
    this.#tell(exit === null ? { type: 'exit-lost' } : { type: 'child-exited', exit });
  }

  /** A killed child could not tell its user anything itself. */
  async #askWhy(child: SessionChild): Promise<void> {
    if (this.#controller.signal.aborted || child.signal !== undefined) return;
    try {
      const killed = await this.#services.endingOf(child.id);
      if (killed === null) return;
      this.#lastLine = killed.line;
      this.#record.killed(killed.cause);
    } catch (error) {
      this.#log.warn(
        { err: error, childId: child.id },
        'the fork service does not say why a child was killed',
      );
    }
  }

  #openPipes(): void {
    const child = this.#child as SessionChild;
    try {
      const pumps = new Pumps(child, this.#options.channel, this.#services.limits, () =>
        this.#record.firstByte(),
      );
      this.#pumps = pumps;
      void pumps.outputsDrained.then(() => this.#tell({ type: 'outputs-drained' }));
      this.#record.opened(child.id);
      this.#log.info({ childId: child.id, pid: child.pid }, 'session opened');
    } catch (error) {
      this.#record.refused('pipes-failed', 'system');
      this.#log.error({ err: error, childId: child.id, fault: 'system' }, 'pipes not opened');
      this.#tell({
        type: 'pipes-failed',
        line: 'hatchery: the process for this session could not be reached; try again',
      });
    }
  }

  #reportExit(exit: ChildExit): void {
    if (exit.kind === 'unknown')
      this.#log.error({ childId: this.#child?.id, fault: 'system' }, 'exit status unknown');
    const report = exitReport(exit);
    if (this.#lastLine === null) this.#options.channel.finish(report);
    else this.#options.channel.finishInWords(this.#lastLine, report);
  }

  async #signal(signal: NodeJS.Signals, reason: string): Promise<void> {
    const child = this.#child as SessionChild;
    try {
      if (child.signal === undefined) await this.#services.signalChild(child.id, signal, reason);
      else child.signal(signal);
      this.#log.info({ childId: child.id, signal, reason }, 'child signalled');
    } catch (error) {
      // The next step, or the exit that is already on its way, handles it.
      if (!this.#controller.signal.aborted)
        this.#log.warn({ err: error, childId: child.id, signal }, 'child not signalled');
    }
  }

  #startStep(step: AbandonStep): void {
    const { childFinishMs, childHangupMs, childTermMs, childKillMs } = this.#services.limits;
    const ms = {
      finish: childFinishMs,
      hangup: childHangupMs,
      terminate: childTermMs,
      kill: childKillMs,
    }[step];
    clearTimeout(this.#step);
    this.#step = setTimeout(() => this.#tell({ type: 'step-expired' }), ms);
  }

  #release(reason: string): void {
    clearTimeout(this.#step);
    clearTimeout(this.#eofWait);
    this.#controller.abort();
    this.#pumps?.destroy();
    this.#child?.[Symbol.dispose]();
    const child = this.#child === null ? null : { childId: this.#child.id, pid: this.#child.pid };
    this.#log.info(
      {
        ...child,
        ...this.#record.accessFields(this.#pumps),
        command: this.#options.command[0],
        reason,
      },
      'session closed',
    );
    this.#record.ended(reason, this.#child, this.#pumps);
    this.#resolveEnded();
  }

  /** An unexpected failure is a defect: log it, and continue the session with `otherwise`. */
  #do(work: () => Promise<void>, otherwise: SessionEvent): void {
    work().catch((error: unknown) => {
      this.#record.failed();
      this.#log.error({ err: error, state: this.#state.name, fault: 'system' }, 'session failed');
      this.#tell(otherwise);
    });
  }
}
