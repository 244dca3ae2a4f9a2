import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { controlSocketPath, type Config } from '@hatchery/config';
import { StartError, type Part, type PartContext } from '@hatchery/daemon';
import { EventLog } from '@hatchery/event-feed';
import { ForkService } from './children/fork-service.ts';
import { collectStaleDirectories } from './children/pipe-directories.ts';
import { createControlServer } from './control/control-server.ts';
import { KeeperSupervisor } from './keeper-link/keeper-supervisor.ts';
import { sampleIntervalMs } from './limits.ts';
import { LockService } from './locks/lock-service.ts';
import { listenUnix } from './listener/listen-unix.ts';
import { answerRequest } from './requests/answer-request.ts';
import { takeRequest } from './requests/request-connection.ts';
import { endChildren } from './shutdown.ts';
import { UsageSampler } from './usage/sampler.ts';
import { version } from './version.ts';

/**
 * Starts the fork service and resolves when it can fork.
 * @throws {StartError} naming what is missing
 */
export async function createForker({ config, log, options }: PartContext): Promise<Part> {
  const childrenTimeoutMs = 1000 * childrenTimeoutS(config, options['children-timeout']);
  prepareDirectories(config);
  const startedAt = Date.now();
  const events = new EventLog({ epoch: `${startedAt.toString(36)}-${process.pid}`, version, now: () => new Date() });
  const service = new ForkService(config, log, events);
  const locks = new LockService({ config, log, events, service });
  const urgent = new AbortController();
  const finished = Promise.withResolvers<void>();
  let stopping = false;
  const keeper = new KeeperSupervisor({ config, log, events, service, locks, preloadManifest: options['preload'] });
  const status = (): object => describeStatus(service, keeper, startedAt);
  const stop = (isUrgent: boolean): void => {
    if (isUrgent) urgent.abort();
    if (stopping) return;
    stopping = true;
    shutDown().then(finished.resolve, finished.reject);
  };
  const context = { service, log, status, quit: () => stop(false) };
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    takeRequest(socket, 1000 * config.forker.requestTimeoutS, (request, reply) => {
      answerRequest(context, request, reply);
    });
  });
  const control = createControlServer({ service, locks, events, log, status });

  async function shutDown(): Promise<void> {
    log.info({ children: service.registry.size }, 'stopping');
    listener.close();
    service.draining = true;
    events.publish({ kind: 'forker.draining', draining: true, actor: 'stop' });
    await endChildren(service, childrenTimeoutMs, urgent.signal, log);
    clearInterval(sampling);
    await release();
    log.info('stopped');
  }

  async function release(): Promise<void> {
    locks[Symbol.dispose]();
    service[Symbol.dispose]();
    await keeper.close();
    control.closeAllConnections();
    control.close();
  }

  try {
    await listenUnix(control, controlSocketPath(config), config.forker.socketMode);
    await keeper.open();
    await listenUnix(listener, config.forker.socket, config.forker.socketMode);
  } catch (error) {
    await release();
    throw error;
  }
  const collected = collectStaleDirectories(config.runtimeDirectory, new Date());
  if (collected.length > 0) log.warn({ collected }, 'stale pipe directories are removed');
  const sampling = publishUsage(service, events);
  // Word for word: clients and scripts written for Launchpad's service wait for this line.
  process.stderr.write(`Listening on socket: ${config.forker.socket}\n`);
  return { details: { forkerSocket: config.forker.socket, keeperPid: keeper.pid }, stop, finished: finished.promise };
}

/** What `hello` logs, and what `GET /v1/state` says besides the view. */
function describeStatus(service: ForkService, keeper: KeeperSupervisor, startedAt: number): object {
  return {
    uptimeS: Math.round((Date.now() - startedAt) / 1000),
    childrenRunning: service.registry.size,
    childrenSpawned: service.registry.spawnedTotal,
    ownUsage: process.resourceUsage(),
    finishedUsage: service.finished,
    keeper: { pid: keeper.pid },
  };
}

/** Publishes the use of all children at intervals, until it is cleared. */
function publishUsage(service: ForkService, events: EventLog): NodeJS.Timeout {
  const sampler = new UsageSampler();
  return setInterval(() => {
    const children = [...service.registry.entries()].map(({ child }) => child);
    const samples = sampler.sample(children, performance.now());
    if (samples.length > 0) events.publish({ kind: 'child.usage', samples });
  }, sampleIntervalMs);
}

function prepareDirectories(config: Config): void {
  for (const [directory, mode] of [
    [config.stateDirectory, 0o755],
    [config.runtimeDirectory, 0o711],
    [config.hosting.root, 0o755],
    [dirname(config.forker.socket), 0o755],
  ] as const) {
    try {
      mkdirSync(directory, { recursive: true, mode });
    } catch (error) {
      throw new StartError(`cannot make ${directory}: ${(error as Error).message}`, { cause: error });
    }
  }
}

function childrenTimeoutS(config: Config, option: string | undefined): number {
  if (option === undefined) return config.forker.childrenTimeoutS;
  const seconds = Number(option);
  if (!(seconds >= 0)) throw new StartError(`--children-timeout takes a number of seconds, not '${option}'`);
  return seconds;
}
