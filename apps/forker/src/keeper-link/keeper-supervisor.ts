import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { keeperSocketPath, type Config } from '@hatchery/config';
import { StartError, type Logger } from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import type { ForkService } from '../children/fork-service.ts';
import { keeperRetryMs, zygoteStartMsMax } from '../limits.ts';
import type { LockService } from '../locks/lock-service.ts';
import { KeeperLink } from './keeper-link.ts';
import type { KeeperEvent } from './messages.ts';
import { systemPython } from './start-keeper.ts';

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
    await this.#connect();
    const late = setTimeout(() => {
      this.#firstZygote.reject(new StartError(`the zygote was not ready within ${zygoteStartMsMax / 1000} s`));
    }, zygoteStartMsMax);
    await this.#firstZygote.promise.finally(() => clearTimeout(late));
  }

  /** Ends the keeper, and with it the zygote. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#link?.close({ quit: true });
  }

  async #connect(): Promise<void> {
    const listener = {
      event: (event: KeeperEvent): void => this.#take(event),
      lost: (error: Error): void => void this.#replace(error),
    };
    const { config, service } = this.#context;
    this.#link = await KeeperLink.open(keeperSocketPath(config), config.runtimeDirectory, listener);
    if (this.#closing.signal.aborted) return this.close();
    service.keeper = this.#link;
    this.#link.send({
      request: 'configure',
      python: systemPython,
      preload: this.#preloadManifest,
      environment: zygoteEnvironment(config),
      poolSize: config.forker.poolSize,
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
      default:
    }
  }
}

function remedy(message: string): string {
  return /No module named 'breezy'/.test(message) ? '; install Breezy: apt-get install brz' : '';
}

/** A clean environment: what the service was started with does not reach sessions. */
function zygoteEnvironment(config: Config): Record<string, string> {
  const home = join(config.stateDirectory, 'breezy');
  mkdirSync(home, { recursive: true });
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: home,
    BRZ_HOME: home,
    // The file-level verbs of the smart protocol are off: they would reach past what a branch is.
    BRZ_NO_SMART_VFS: '1',
    // Without it SIGQUIT opens a debugger on the client's stdin.
    BRZ_SIGQUIT_PDB: '0',
    BRZ_LOG: '/dev/null',
    HATCHERY_HOSTING_ROOT: config.hosting.root,
  };
}
