import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { keeperSocketPath, sessionSettings, type Config } from '@hatchery/config';
import { StartError, type Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import type { ForkService } from '../children/fork-service.ts';
import { fingerprintPollMs, keeperRetryMs, zygoteStartMsMax } from '../limits.ts';
import { prepareCgroup, removeCgroup, type CgroupPlace } from './delegated-cgroup.ts';
import { zygoteFingerprint } from './fingerprint.ts';
import type { LockService } from '../locks/lock-service.ts';
import { KeeperLink } from './keeper-link.ts';
import type { KeeperEvent } from './messages.ts';
import { proveSpawning } from './prove-spawning.ts';
import { prepareSessionUser } from './session-user.ts';

/** What the build recorded: the modules that real sessions import. */
const builtManifest = fileURLToPath(new URL('../../dist/preload.json', import.meta.url));

/** What a {@link KeeperSupervisor} works with. */
export interface KeeperSupervisorContext {
  readonly config: Config;
  readonly log: Logger;
  readonly events: EventLog;
  readonly service: ForkService;
  readonly locks: Pick<LockService, 'keeperLost' | 'take'>;
  /** Another list of modules to preload than the build's. */
  readonly preloadManifest?: string | undefined;
}

/** Keeps a keeper with a zygote at hand: the one that lives, or a new one; another when it dies. */
export class KeeperSupervisor {
  readonly #context: KeeperSupervisorContext;
  readonly #preloadManifest: string;
  readonly #firstZygote = Promise.withResolvers<void>();
  #link: KeeperLink | null = null;
  #cgroup: CgroupPlace = { directory: null, reason: 'the service is not started' };
  #fingerprint = '';
  #seen = '';
  #watch: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();
  pid: number | null = null;

  constructor(context: KeeperSupervisorContext) {
    this.#context = context;
    this.#preloadManifest = context.preloadManifest ?? builtManifest;
  }

  /** Resolves when a zygote is ready. @throws {StartError} with the step it failed in */
  async open(): Promise<void> {
    if (!existsSync(this.#preloadManifest)) {
      throw new StartError(
        `${this.#preloadManifest} is missing, the list of modules to preload; ./hatchery doctor makes it`,
      );
    }
    const { config } = this.#context;
    prepareSessionUser(config);
    this.#cgroup = prepareCgroup(config.forker.runAs, config.runtimeDirectory);
    if (!config.forker.fork) await proveSpawning(config);
    this.#fingerprint = zygoteFingerprint(this.#preloadManifest);
    await this.#connect();
    const late = setTimeout(() => {
      this.#firstZygote.reject(new StartError(`the zygote was not ready within ${zygoteStartMsMax / 1000} s`));
    }, zygoteStartMsMax);
    await this.#firstZygote.promise.finally(() => clearTimeout(late));
    this.#watch = setInterval(() => this.#lookForChanges(), fingerprintPollMs);
  }

  /** Says once what the operator should know of how sessions are held apart. Not earlier than the line that tells of the socket. */
  announce(): void {
    const { log } = this.#context;
    if (this.#cgroup.directory === null)
      log.info({ reason: this.#cgroup.reason }, 'sessions get no control groups of their own');
    else log.info({ directory: this.#cgroup.directory }, 'sessions get control groups of their own');
  }

  /** A new zygote, which takes over when it is ready; no session and no request notices. */
  restartZygote(): void {
    this.#link?.send({ request: 'restart_zygote' });
  }

  /** Leaves the keeper. With `quit` it ends, and with it the zygote; without, it waits for another forker. */
  async close(options: { readonly quit: boolean }): Promise<void> {
    clearInterval(this.#watch);
    this.#closing.abort();
    await this.#link?.close(options);
    if (options.quit && !(await removeCgroup(this.#cgroup)))
      this.#context.log.warn(
        { directory: this.#cgroup.directory },
        'the control group of the sessions cannot be removed',
      );
  }

  /** After an upgrade of Breezy or of us: acted on when two looks in a row saw the same, for an upgrade takes its time. */
  #lookForChanges(): void {
    const fingerprint = zygoteFingerprint(this.#preloadManifest);
    const isSettled = fingerprint === this.#seen;
    this.#seen = fingerprint;
    if (fingerprint === this.#fingerprint || !isSettled) return;
    this.#fingerprint = fingerprint;
    this.#context.log.info('Breezy, its list of modules or our own code has changed: a new zygote is started');
    this.#configure();
  }

  async #connect(): Promise<void> {
    const listener = {
      event: (event: KeeperEvent): void => this.#take(event),
      lost: (error: Error): void => void this.#replace(error),
    };
    const { config, service } = this.#context;
    this.#link = await KeeperLink.open(keeperSocketPath(config), config.runtimeDirectory, listener);
    if (this.#closing.signal.aborted) return this.close({ quit: true });
    service.keeper = this.#link;
    this.#configure();
  }

  #configure(): void {
    const { config } = this.#context;
    this.#link?.send({
      request: 'configure',
      ...sessionSettings(config),
      fork: config.forker.fork,
      preload: this.#preloadManifest,
      // Children that are not forked cost as much waiting as running.
      poolSize: config.forker.fork ? config.forker.poolSize : 0,
      cgroup: this.#cgroup.directory,
      fingerprint: this.#fingerprint,
    });
  }

  async #replace(error: Error): Promise<void> {
    const { locks, log, service } = this.#context;
    const { signal } = this.#closing;
    if (signal.aborted) return;
    log.error({ err: error }, 'the keeper is gone; another one is started');
    service.keeperLost();
    locks.keeperLost();
    while (!signal.aborted) {
      try {
        return await this.#connect();
      } catch (failure) {
        log.error({ err: failure, retryInMs: keeperRetryMs }, 'no keeper can be started');
        await delay(keeperRetryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #take(event: KeeperEvent): void {
    const { events, locks, log, service } = this.#context;
    service.take(event);
    switch (event.event) {
      case 'lock':
        return locks.take(event);
      case 'hello':
        this.pid = event.pid;
        return;
      case 'zygote.ready': {
        const { pid, startedInMs, modules } = event;
        events.publish({ kind: 'zygote.ready', pid, startedInMs });
        if (service.registry.spawnedTotal > 0) log.info({ pid, startedInMs, modules }, 'zygote ready');
        return this.#firstZygote.resolve();
      }
      case 'zygote.failed': {
        const { step, message, retryInMs } = event;
        events.publish({ kind: 'zygote.failed', step, message, retryInMs });
        log.error({ step, failure: message, retryInMs, stderr: event.stderr }, 'zygote failed');
        return this.#firstZygote.reject(
          new StartError(`the zygote failed while ${step}: ${message}${remedy(message)}`),
        );
      }
      case 'zygote.died':
        return log.error({ status: event.status }, 'the zygote died; its children go on');
      case 'zygote.none':
        return this.#firstZygote.resolve();
      case 'log':
        return log.error({ childId: event.id, text: event.text }, 'a child reports');
      default:
    }
  }
}

function remedy(message: string): string {
  return /No module named 'breezy'/.test(message) ? '; install Breezy: apt-get install brz' : '';
}
