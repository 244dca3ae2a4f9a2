import { createServer, type Server, type Socket } from 'node:net';
import { controlSocketPath, type Config } from '@hatchery/config';
import { StartError, type Logger, type Part, type PartContext } from '@hatchery/daemon';
import { collectGarbage } from './children/collect-garbage.ts';
import { ForkService } from './children/fork-service.ts';
import { createControlServer } from './control/control-server.ts';
import { KeeperSupervisor } from './keeper-link/keeper-supervisor.ts';
import { LockService } from './locks/lock-service.ts';
import { listenUnix } from './listener/listen-unix.ts';
import { openReadOnly } from './read-only/open-read-only.ts';
import { answerRequest, type AnswerContext } from './requests/answer-request.ts';
import { AnswerTimes } from './requests/answer-times.ts';
import { RefusalLog } from './requests/refusal-log.ts';
import { takeRequest } from './requests/request-connection.ts';
import { endChildren, leaveChildren } from './shutdown.ts';
import { lockDirectory } from './start/lock-directory.ts';
import { openEventLog } from './start/open-event-log.ts';
import { prepareDirectories } from './start/prepare-directories.ts';
import { describeStatus } from './status.ts';
import { publishUsage } from './usage/publish-usage.ts';
import { UsageSampler } from './usage/sampler.ts';

/**
 * Starts the fork service and resolves when it can fork.
 * @throws {StartError} naming what is missing
 */
export async function createForker({ config, log, options }: PartContext): Promise<Part> {
  const childrenTimeoutMs = 1000 * childrenTimeoutS(config, options['children-timeout']);
  await using held = new AsyncDisposableStack();
  prepareDirectories(config);
  held.use(lockDirectory(config.runtimeDirectory, 'runtime_dir'));
  held.use(lockDirectory(config.stateDirectory, 'state_dir'));
  const readOnly = openReadOnly(config, log);
  const startedAt = Date.now();
  const { events, journal } = held.use(openEventLog(config, log, startedAt));
  const service = held.use(new ForkService(config, log, events));
  const locks = held.use(new LockService({ config, log, events, service }));
  const keeper = new KeeperSupervisor({ config, log, events, service, locks, preloadManifest: options['preload'] });
  const sampler = new UsageSampler();
  const times = new AnswerTimes();
  const status = (): object => describeStatus({ startedAt, service, keeper, sampler, journal, times, readOnly });
  const stopping = new StopRequest();
  const connections = new Set<Socket>();
  const answering = { service, log, refusals: new RefusalLog(log), times, status, quit: () => stopping.ask(false) };
  const listener = createListener(config, answering, connections);
  const control = createControlServer({
    service,
    locks,
    readOnly,
    events,
    log,
    status,
    leave: () => stopping.askToLeave(),
  });
  held.defer(() => {
    control.closeAllConnections();
    control.close();
  });

  await listenUnix(control, controlSocketPath(config), config.forker.socketMode);
  // A keeper that has children must outlive a forker that cannot start: the next one takes them over.
  held.defer(() => keeper.close({ quit: service.registry.size === 0 && !stopping.isLeave }));
  await keeper.open();
  service.adoptOrphans();
  service.restoreDrain();
  await listenUnix(listener, config.forker.socket, config.forker.socketMode);
  locks.begin();
  held.use(collectGarbage(config.runtimeDirectory, service.registry, log));
  held.use(publishUsage(sampler, service.registry, events));
  // Word for word: clients and scripts written for Launchpad's service wait for this line.
  process.stderr.write(`Listening on socket: ${config.forker.socket}\n`);
  keeper.announce();
  const running = { service, listener, connections, childrenTimeoutMs, log, stopping, held: held.move() };
  const details = { forkerSocket: config.forker.socket, keeperPid: keeper.pid };
  return { details, stop: (urgent) => stopping.ask(urgent), finished: runToEnd(running) };
}

/** What a stop ends. */
interface Running {
  readonly service: ForkService;
  readonly listener: Server;
  /** Clients that wait for an answer or an exit. */
  readonly connections: ReadonlySet<Socket>;
  readonly childrenTimeoutMs: number;
  readonly log: Logger;
  readonly stopping: StopRequest;
  /** Everything else, in the order in which it was opened. */
  readonly held: AsyncDisposableStack;
}

async function runToEnd({
  service,
  listener,
  connections,
  childrenTimeoutMs,
  log,
  stopping,
  held,
}: Running): Promise<void> {
  await stopping.asked;
  listener.close();
  if (stopping.isLeave) await leaveChildren(service, stopping.urgent);
  const children = service.registry.size;
  if (stopping.isLeave) {
    log.info({ children }, 'leaving the children to the next forker');
    for (const connection of connections) connection.destroySoon();
  } else {
    log.info({ children }, 'stopping');
    service.beginStop();
    await endChildren(service, childrenTimeoutMs, stopping.urgent, log);
  }
  await held.disposeAsync();
  log.info('stopped');
}

/** A stop is asked for once, and made urgent by whoever asks again. */
class StopRequest {
  readonly #urgent = new AbortController();
  readonly #asked = Promise.withResolvers<void>();
  /** True when this process alone is to end, unless somebody asks for all of it before it has. */
  isLeave = false;

  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  get urgent(): AbortSignal {
    return this.#urgent.signal;
  }

  ask(urgent: boolean): void {
    if (urgent) this.#urgent.abort();
    this.isLeave = false;
    this.#asked.resolve();
  }

  askToLeave(): void {
    this.isLeave = true;
    this.#asked.resolve();
  }
}

function createListener(config: Config, context: AnswerContext, connections: Set<Socket>): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    takeRequest(socket, 1000 * config.forker.requestTimeoutS, (request, reply, requester) => {
      answerRequest(context, request, reply, requester);
    });
  });
}

function childrenTimeoutS(config: Config, option: string | undefined): number {
  if (option === undefined) return config.forker.childrenTimeoutS;
  const seconds = Number(option);
  if (!(seconds >= 0)) throw new StartError(`--children-timeout takes a number of seconds, not '${option}'`);
  return seconds;
}
