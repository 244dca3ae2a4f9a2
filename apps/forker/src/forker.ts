// Long: it wires the parts of the fork service and does nothing else.
import type { Config } from '@hatchery/config';
import {
  proveDescriptors,
  standardError,
  StartError,
  type Logger,
  type Part,
  type PartContext,
} from '@hatchery/daemon';
import type { EventLog } from '@hatchery/event-feed';
import { collectGarbage } from './children/ending/collect-garbage.ts';
import { ForkService } from './children/forking/fork-service.ts';
import { KeeperSupervisor } from './keeper-link/keeper-supervisor.ts';
import { prepareZygote } from './keeper-link/prepare-zygote.ts';
import { lookForLeftovers } from './leftovers/leftovers.ts';
import { LockService } from './locks/lock-service.ts';
import { openReadOnly } from './read-only/open-read-only.ts';
import { answerRequest, type AnswerContext } from './requests/answer-request.ts';
import { AnswerTimes } from './requests/answer-times.ts';
import { RefusalLog } from './requests/refusal-log.ts';
import { describePeer } from './requests/peer.ts';
import { Relay } from './requests/relay.ts';
import { takeRequest } from './requests/request-connection.ts';
import type { Requester } from './requests/requester.ts';
import { endChildren, leaveChildren } from './shutdown.ts';
import { lockDirectory } from './start/lock-directory.ts';
import { openEventLog } from './start/open-event-log.ts';
import { prepareDirectories } from './start/prepare-directories.ts';
import { describeLoad } from './load.ts';
import { describeStatus } from './status.ts';
import { StopRecord } from './stop-record.ts';
import { StopRequest } from './stop-request.ts';
import { Entrance } from './succession/entrance.ts';
import { handOver } from './succession/hand-over.ts';
import { readOffer } from './succession/offer.ts';
import { stateOf } from './succession/successor.ts';
import { afterPredecessor, takeOver } from './succession/take-over.ts';
import { watchMemory } from './usage/memory-watch.ts';
import { publishUsage } from './usage/publish-usage.ts';
import { UsageSampler } from './usage/sampler.ts';

/**
 * Starts the fork service and resolves when it can fork. With `take-over` it takes the place of one
 * that runs; its value is who wants that, for the audit.
 * @throws {StartError} naming what is missing
 */
// Long: it wires the parts of the fork service, in the order in which they start.
export async function createForker({
  config,
  log,
  options,
  stopAsked,
}: PartContext): Promise<Part> {
  const childrenTimeoutMs = 1000 * childrenTimeoutS(config, options['children-timeout']);
  await using held = new AsyncDisposableStack();
  await using doors = new AsyncDisposableStack();
  const { childrenMax } = config.forker;
  proveDescriptors(childrenMax);
  prepareDirectories(config);
  const entrance = new Entrance(config);
  doors.defer(() => entrance.closeForks());
  held.defer(() => entrance.closeControl());
  const zygote = await prepareZygote(config, log, options['preload']);
  const actor = options['take-over'];
  const isSuccessor =
    actor !== undefined && (await takeOver(config, entrance, zygote.configuration, actor));
  for (const [directory, key] of [
    [config.runtimeDirectory, 'runtime_dir'],
    [config.stateDirectory, 'state_dir'],
  ] as const) {
    const lock = (): Disposable => lockDirectory(directory, key);
    held.use(isSuccessor ? await afterPredecessor(lock) : lock());
  }
  const [readOnly, startedAt] = [openReadOnly(config, log), Date.now()];
  const { events, journal } = held.use(openEventLog(config, log, startedAt));
  const service = held.use(new ForkService(config, log, events));
  const locks = held.use(new LockService({ config, log, events, service }));
  const keeper = new KeeperSupervisor({ config, log, events, service, locks, zygote });
  const [sampler, times, refusals] = [new UsageSampler(), new AnswerTimes(), new RefusalLog(log)];
  const status = (): object =>
    describeStatus({ startedAt, service, keeper, sampler, journal, times, readOnly, zygote });
  const stopping = new StopRequest();
  if (!isSuccessor) await entrance.openControl();
  const handOverTo = (pid: number): Promise<void> =>
    agreeToHandOver({ config, keeper, stopping, entrance }, pid);
  const leftovers = held.use(lookForLeftovers(config, locks, log));
  const loaded = { service, refusals, leftovers, childrenMax, keeperPid: () => keeper.pid };
  // Before anybody asks: a gateway that hears of no drain lets people in.
  service.restoreDrain();
  // That of an earlier run: what this one can start is not known yet.
  if (events.view.outage !== undefined) events.publish({ kind: 'forker.outage', outage: null });
  entrance.serveControl({
    service,
    locks,
    leftovers,
    readOnly,
    events,
    log,
    status,
    outage: () => keeper.outage,
    leave: () => stopping.askToLeave(),
    handOver: handOverTo,
    load: () => describeLoad(loaded),
  });

  // A keeper that has children must outlive a forker that cannot start: the next one takes them
  // over.
  held.defer(() =>
    keeper.close({ quit: service.registry.size === 0 && stopping.kind.kind === 'stop' }),
  );
  await keeper.open();
  service.adoptOrphans();
  if (!isSuccessor) await entrance.openForks();
  const relay = (): Relay | null =>
    stopping.kind.kind === 'hand-over' ? stopping.kind.relay : null;
  const { quit, stop } = waysToStop({ log, options, stopAsked }, events, stopping);
  serveForks(entrance, config, { service, log, refusals, times, status, relay, quit });
  locks.begin();
  held.use(collectGarbage(config.runtimeDirectory, service.registry, log));
  held.use(publishUsage(sampler, service.registry, events));
  held.use(
    watchMemory(service.registry, config.limits.userMemoryBytes, (...end) =>
      service.signal(...end),
    ),
  );
  // Word for word: clients and scripts written for Launchpad's service wait for this line.
  standardError().write(`Listening on socket: ${config.forker.socket}\n`);
  keeper.announce();
  doors.move();
  const running = {
    config,
    service,
    entrance,
    childrenTimeoutMs,
    log,
    stopping,
    held: held.move(),
  };
  const details = {
    forkerSocket: config.forker.socket,
    keeperPid: keeper.pid,
    confinement: zygote.confinement,
  };
  return { details, stop, finished: runToEnd(running) };
}

/** What a stop ends. */
interface Running {
  readonly config: Config;
  readonly service: ForkService;
  readonly entrance: Entrance;
  readonly childrenTimeoutMs: number;
  readonly log: Logger;
  readonly stopping: StopRequest;
  /** Everything else, in the order in which it was opened. */
  readonly held: AsyncDisposableStack;
}

async function runToEnd(running: Running): Promise<void> {
  const { entrance, log, stopping } = running;
  await stopping.asked;
  try {
    await end(running);
  } finally {
    // Also after a failure, and when no signal ends a child: a client that waits for an answer must
    // not keep the process.
    entrance.closeForks();
    entrance.dismissServed();
  }
  log.info('stopped');
}

async function end({
  config,
  service,
  entrance,
  childrenTimeoutMs,
  log,
  stopping,
  held,
}: Running): Promise<void> {
  if (stopping.kind.kind !== 'hand-over') entrance.closeForks();
  if (stopping.kind.kind === 'leave') await leaveChildren(service, stopping.urgent);
  const children = service.registry.size;
  if (stopping.kind.kind === 'stop') {
    log.info({ children }, 'stopping');
    service.intake.beginStop();
    await endChildren(service, childrenTimeoutMs, stopping, log);
  }
  // While a stop waited, another one may have come for its children.
  const { kind } = stopping;
  const release = (): Promise<void> => held.disposeAsync();
  if (kind.kind === 'hand-over') {
    const { successor, relay } = kind;
    return handOver({
      config,
      log,
      service,
      entrance,
      successor,
      relay,
      release,
      urgent: stopping.urgent,
    });
  }
  if (kind.kind === 'leave') {
    log.info({ children }, 'leaving the children to the next forker');
    entrance.dismiss();
  }
  await release();
}

/** By `quit`, and by a signal; the audit of a fork service that runs alone has both. */
function waysToStop(
  { log, options, stopAsked }: Pick<PartContext, 'log' | 'options' | 'stopAsked'>,
  events: EventLog,
  stopping: StopRequest,
): { readonly quit: (asked: Requester) => void; readonly stop: (urgent: boolean) => void } {
  const record = new StopRecord(events, options['stop-with-stdin'] === undefined);
  // Nobody takes it for a crash, for it is written down before the end.
  const askedToQuit = async ({ peer }: Requester): Promise<void> => {
    const who = await peer().catch(() => null);
    const by =
      who === null ? 'quit on the fork socket' : `quit on the fork socket (${describePeer(who)})`;
    log.info({ by }, 'asked to stop');
    record.note(who === null ? 'unknown' : describePeer(who), 'quit on the fork socket');
    stopAsked(by);
  };
  return {
    quit: (asked) => void askedToQuit(asked).then(() => stopping.ask(false)),
    stop: (urgent) => {
      // A process cannot know from within Node who has sent a signal.
      record.note('unknown', 'SIGTERM or SIGINT');
      stopping.ask(urgent);
    },
  };
}

const stopsForGood = 'the service stops, which nothing takes back; start it again';

/**
 * Resolves when the zygote of a successor serves; from then on nothing keeps us from leaving.
 * @throws {StartError}
 */
async function agreeToHandOver(
  {
    config,
    keeper,
    stopping,
    entrance,
  }: Pick<Running, 'config' | 'stopping' | 'entrance'> & {
    readonly keeper: KeeperSupervisor;
  },
  pid: number,
): Promise<void> {
  const offer = readOffer(config, pid);
  if (offer === null) throw new StartError(`process ${pid} has not offered to take over`);
  if (!stopping.canHandOver) throw new StartError(stopsForGood);
  await keeper.tryOut(offer.zygote);
  if (!stopping.canHandOver) throw new StartError(stopsForGood);
  if (stateOf(config, offer.successor) === 'gone')
    throw new StartError(`process ${pid} has ended meanwhile`);
  stopping.askToHandOver(
    offer.successor,
    new Relay(offer.successor.socket, () => entrance.isReplaced),
  );
}

function serveForks(entrance: Entrance, config: Config, context: AnswerContext): void {
  entrance.serveForks((socket) => {
    takeRequest(socket, 1000 * config.forker.requestTimeoutS, (request, reply, requester) => {
      entrance.hasAsked(socket);
      answerRequest(context, request, reply, requester);
    });
  });
}

function childrenTimeoutS(config: Config, option: string | undefined): number {
  if (option === undefined) return config.forker.childrenTimeoutS;
  const seconds = Number(option);
  if (!(seconds >= 0))
    throw new StartError(`--children-timeout takes a number of seconds, not '${option}'`);
  return seconds;
}
