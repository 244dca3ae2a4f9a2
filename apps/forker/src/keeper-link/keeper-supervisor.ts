// Long: one keeper after another, from start to replacement.
import { setTimeout as delay } from 'node:timers/promises';
import { keeperSocketPath, type Config } from '@hatchery/config';
import { StartError, type Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import { versionTrouble } from '@hatchery/formats';
import type { ForkService } from '../children/forking/fork-service.ts';
import { fingerprintPollMs, keeperRetryMs, keeperRetryMsMax, zygoteStartMsMax } from '../limits.ts';
import { removeCgroup } from './delegated-cgroup.ts';
import { zygoteFingerprint } from './fingerprint.ts';
import type { LockService } from '../locks/lock-service.ts';
import { KeeperLink } from './keeper-link.ts';
import { KeeperPulse } from './keeper-pulse.ts';
import type { KeeperEvent, ZygoteConfiguration } from './messages.ts';
import { poolSizeOf, type PreparedZygote } from './prepare-zygote.ts';
import { silentKeeper, writtenKeeperPid } from './silent-keeper.ts';
import { healthAfter, unknownHealth } from './zygote-health.ts';
import { ZygoteTrial } from './zygote-trial.ts';

/** What a {@link KeeperSupervisor} works with. */
export interface KeeperSupervisorContext {
  readonly config: Config;
  readonly log: Logger;
  readonly events: EventLog;
  readonly service: ForkService;
  readonly locks: Pick<LockService, 'keeperLost' | 'take'>;
  readonly zygote: PreparedZygote;
}

/** Keeps a keeper with a zygote at hand: the one that lives, or a new one; another when it dies. */
export class KeeperSupervisor {
  readonly #context: KeeperSupervisorContext;
  readonly #firstZygote = Promise.withResolvers<void>();
  #link: KeeperLink | null = null;
  /** True when we know what it keeps. */
  #isKnown = false;
  #configuration: ZygoteConfiguration;
  #seen = '';
  #watch: NodeJS.Timeout | undefined;
  #trial: ZygoteTrial | null = null;
  readonly #closing = new AbortController();
  readonly #pulse = new KeeperPulse(
    () => this.#link?.send({ request: 'ping' }),
    (isSilent) => this.#silent(isSilent),
  );
  pid: number | null = null;
  /** RFC 3339; of the keeper with that pid. */
  readySince: string | null = null;
  /** The zygote, as the keeper told of it last. */
  zygote = unknownHealth;

  constructor(context: KeeperSupervisorContext) {
    this.#context = context;
    this.#configuration = context.zygote.configuration;
  }

  /** What the operator should know of a keeper that gives no answer; null of one that does. */
  get trouble(): string | null {
    return this.#pulse.isSilent ? silentKeeper(this.pid) : null;
  }

  /** Why no session can be started now, in few words for anybody; null when one can. */
  get outage(): string | null {
    if (this.#pulse.isSilent) return 'the keeper gives no answer';
    return this.zygote.pid === null && this.zygote.trouble !== null
      ? 'the zygote does not start'
      : null;
  }

  /** Resolves when a zygote is ready. @throws {StartError} with the step it failed in */
  async open(): Promise<void> {
    await this.#connect();
    const late = setTimeout(() => {
      this.#firstZygote.reject(
        new StartError(`the zygote was not ready within ${zygoteStartMsMax / 1000} s`),
      );
    }, zygoteStartMsMax);
    await this.#firstZygote.promise.finally(() => clearTimeout(late));
    this.#watch = setInterval(() => this.#lookForChanges(), fingerprintPollMs);
  }

  /**
   * Says once what the operator should know of how sessions are held apart. Not earlier than the
   * line that tells of the socket.
   */
  announce(): void {
    const { config, log, zygote } = this.#context;
    log.info(zygote.confinement, 'sessions are confined');
    const { cgroup } = zygote;
    const { poolSize, childrenMax, fork } = config.forker;
    if (fork && poolSizeOf(config) < poolSize)
      log.warn(
        { poolSize, childrenMax },
        'forker.pool_size is more than forker.max_children; no more children are kept ahead than that',
      );
    if (cgroup.directory === null)
      log.info({ reason: cgroup.reason }, 'sessions get no control groups of their own');
    else log.info({ directory: cgroup.directory }, 'sessions get control groups of their own');
  }

  /**
   * Brings up a zygote of another configuration, which takes over when it is ready; no session and
   * no request notices.
   * @throws {StartError} with the step it failed in; then the old one goes on as if nothing had
   * been
   */
  async tryOut(configuration: ZygoteConfiguration): Promise<void> {
    if (this.#link === null || this.#trial !== null)
      throw new StartError('no other zygote can be tried now');
    const trial = new ZygoteTrial();
    this.#trial = trial;
    this.#link.send({ ...configuration, request: 'try_zygote' });
    try {
      await trial.outcome;
      this.#configuration = configuration;
    } finally {
      this.#trial = null;
    }
  }

  /**
   * Leaves the keeper. With `quit` it ends, and with it the zygote; without, it waits for another
   * forker.
   */
  async close(options: { readonly quit: boolean }): Promise<void> {
    clearInterval(this.#watch);
    this.#closing.abort();
    this.#pulse[Symbol.dispose]();
    const { log, zygote } = this.#context;
    const quit = options.quit && this.#isKnown;
    const hasClosed = (await this.#link?.close({ quit })) ?? true;
    if (!hasClosed)
      log.error({ pid: this.pid, isKilled: quit }, 'the keeper gives no answer and is left behind');
    // It was told to end because it has no session: nothing is lost with it.
    if (!hasClosed && quit && this.pid !== null) process.kill(this.pid, 'SIGKILL');
    const { directory } = zygote.cgroup;
    if (quit && !(await removeCgroup(zygote.cgroup)))
      log.warn({ directory }, 'the control group of the sessions cannot be removed');
  }

  /**
   * After an upgrade of Breezy or of us: acted on when two looks in a row saw the same, for an
   * upgrade takes its time.
   */
  #lookForChanges(): void {
    const fingerprint = zygoteFingerprint(this.#configuration.preload);
    const isSettled = fingerprint === this.#seen;
    this.#seen = fingerprint;
    if (fingerprint === this.#configuration.fingerprint || !isSettled || this.#trial !== null)
      return;
    this.#configuration = { ...this.#configuration, fingerprint };
    this.#context.log.info(
      'Breezy, its list of modules or our own code has changed: a new zygote is started',
    );
    this.#configure();
  }

  async #connect(): Promise<void> {
    const listener = {
      event: (event: KeeperEvent): void => this.#take(event),
      unbelieved: (what: string): void =>
        this.#context.log.error({ what }, 'the keeper passed on what is not believed'),
      lost: (error: Error): void => void this.#replace(error),
    };
    const { config } = this.#context;
    this.#link = await KeeperLink.open(keeperSocketPath(config), config.runtimeDirectory, listener);
    // One that we have started keeps nothing yet.
    this.#isKnown = this.#link.isNew;
    if (this.#closing.signal.aborted) return void (await this.#link.close({ quit: this.#isKnown }));
    this.#pulse.begin();
    this.#configure();
  }

  #configure(): void {
    this.#link?.send({ ...this.#configuration, request: 'configure' });
  }

  async #replace(error: Error): Promise<void> {
    const { locks, log, service } = this.#context;
    const { signal } = this.#closing;
    if (signal.aborted) return;
    log.error(
      { err: error },
      'the keeper cannot be heard any more; it is dialled again, and another one started if it is gone',
    );
    this.#pulse[Symbol.dispose]();
    service.queue.isStalled = false;
    service.keeperLost();
    locks.keeperLost();
    this.zygote = unknownHealth;
    this.#publishOutage();
    this.#trial?.end(new StartError('the keeper died while it tried another zygote'));
    for (
      let retryInMs = keeperRetryMs;
      !signal.aborted;
      retryInMs = Math.min(2 * retryInMs, keeperRetryMsMax)
    ) {
      try {
        return await this.#connect();
      } catch (failure) {
        log.error({ err: failure, retryInMs }, 'no keeper can be started');
        await delay(retryInMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #silent(isSilent: boolean): void {
    const { config, events, log, service } = this.#context;
    service.queue.isStalled = isSilent;
    this.#publishOutage();
    if (!isSilent) {
      log.info({ pid: this.pid }, 'the keeper answers again');
      return this.#configure();
    }
    this.pid = writtenKeeperPid(config.runtimeDirectory) ?? this.pid;
    const message = silentKeeper(this.pid);
    log.error({ pid: this.pid }, message);
    events.publish({
      kind: 'zygote.failed',
      step: 'asking the keeper',
      message,
      retryInMs: null,
      servingPid: null,
    });
    this.#firstZygote.reject(new StartError(message));
  }

  /** On the feed, where the gateways learn of it. */
  #publishOutage(): void {
    const { events } = this.#context;
    const { outage } = this;
    if (outage !== (events.view.outage ?? null)) events.publish({ kind: 'forker.outage', outage });
  }

  /** False of a keeper of another version: it keeps its sessions and gets no new ones from us. */
  #speaksOurs({ pid, format }: Extract<KeeperEvent, { event: 'hello' }>): boolean {
    const trouble = versionTrouble('keeperWire', `process ${pid}`, format);
    if (trouble === null) return true;
    this.#context.log.error({ pid, format }, trouble);
    this.#firstZygote.reject(new StartError(trouble));
    return false;
  }

  #take(event: KeeperEvent): void {
    const { events, locks, log, service } = this.#context;
    this.#pulse.heard();
    if (event.event === 'hello' && !this.#speaksOurs(event)) return;
    service.take(event);
    this.zygote = healthAfter(this.zygote, event);
    this.#publishOutage();
    this.#trial?.take(event);
    switch (event.event) {
      case 'lock':
        return locks.take(event);
      case 'hello':
        this.#isKnown = true;
        this.pid = event.pid;
        this.readySince = new Date(event.readyAtMs).toISOString();
        // Not before: the socket of a keeper that has just been killed still takes a connection,
        // and answers nothing.
        service.keeper = this.#link;
        return;
      case 'zygote.ready': {
        const { pid, startedInMs, modules } = event;
        events.publish({ kind: 'zygote.ready', pid, startedInMs });
        if (service.registry.spawnedTotal > 0)
          log.info({ pid, startedInMs, modules }, 'zygote ready');
        return this.#firstZygote.resolve();
      }
      case 'zygote.failed': {
        const { step, message, retryInMs, servingPid, stderr } = event;
        events.publish({ kind: 'zygote.failed', step, message, retryInMs, servingPid });
        log.error({ step, failure: message, retryInMs, servingPid, stderr }, 'zygote failed');
        return this.#firstZygote.reject(
          new StartError(`the zygote failed while ${step}: ${message}${remedy(message)}`),
        );
      }
      case 'zygote.rejected': {
        const { step, message, stderr } = event;
        return log.error(
          { step, failure: message, stderr },
          'a zygote was tried in vain; the old one stays',
        );
      }
      case 'zygote.died': {
        const { status, cause = null } = event;
        // One that just dies is replaced before anybody could read of it; one that hung has kept
        // everybody waiting.
        if (cause !== null)
          events.publish({
            kind: 'zygote.failed',
            step: 'serving',
            message: cause,
            retryInMs: 0,
            servingPid: null,
          });
        return log.error({ status, cause }, 'the zygote died; its children go on');
      }
      case 'zygote.none':
        events.publish({ kind: 'zygote.off' });
        return this.#firstZygote.resolve();
      case 'log':
        service.logs.add(event.id, event.text, new Date());
        return log.error({ childId: event.id, text: event.text }, 'a child reports');
      case 'condemned':
        return log.error(
          { childId: event.id, reason: event.reason },
          'a child was killed that could not be believed',
        );
      default:
    }
  }
}

function remedy(message: string): string {
  return /No module named 'breezy'/.test(message) ? '; install Breezy: apt-get install brz' : '';
}
