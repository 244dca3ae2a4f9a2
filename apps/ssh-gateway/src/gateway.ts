import type { Socket } from 'node:net';
import { auditDirectory, controlSocketPath, gatewayControlSocketPath } from '@hatchery/config';
import type { Address, Config } from '@hatchery/config';
import {
  currentHalt,
  describeHalt,
  portError,
  processStartTime,
  readPartRecord,
  StartError,
  version,
} from '@hatchery/daemon';
import type { Part, PartContext, PartRecord } from '@hatchery/daemon';
import { AuditLog, EventLog, type AuditBody } from '@hatchery/event-feed';
import type { EventBody } from '@hatchery/events';
import { createControlServer, createStatusServer } from './control/control-server.ts';
import { Gate } from './control/gate.ts';
import { ForkerWatch } from './control/follow-forker.ts';
import { openStatusPort, takeStatusPort, type TcpListener } from './control/tcp-listener.ts';
import { listenUnix } from './control/unix-listener.ts';
import { limits } from './limits.ts';
import { Listener } from './listener.ts';
import { OwnPlaces } from './places/own-places.ts';
import { Tally } from './places/tally.ts';
import { Refusals } from './refusals/refusals.ts';
import { stopEvent } from './status/period.ts';
import { createWorker, type WorkerContext, type WorkerOptions } from './worker/own-worker.ts';
import { WorkerPool } from './worker/pool.ts';
import type { Worker } from './worker/worker.ts';

/**
 * What a gateway is started with. `overlap` lets it share the port and take over the control socket
 * of one that runs.
 */
export type GatewayContext = Pick<PartContext, 'config' | 'log'> &
  Partial<Pick<PartContext, 'options' | 'sockets'>>;

/**
 * Makes a gateway that already takes connections. @throws {StartError} when that cannot be, in one
 * line that says what to do
 */
export async function createGateway(
  context: GatewayContext,
  options: WorkerOptions = {},
): Promise<Part> {
  const { config, log } = context;
  const shared = isOverlap(context);
  const before = shared ? readPartRecord(config, 'ssh-gateway') : null;
  const epoch = `${Date.now().toString(36)}-${process.pid}`;
  const events = new EventLog({ epoch, version, now: () => new Date() });
  const disposables = new DisposableStack();
  let worker: Worker | null = null;
  try {
    const auditLog = disposables.use(openAudit(config, log));
    const publish = (event: EventBody): void => events.publish(event);
    const refusals = disposables.use(
      new Refusals({ audit: (entry) => auditLog.append(entry), publish }),
    );
    const audit = (entry: AuditBody): void => refusals.take(entry);
    const own = (worker = await startWorker({ config, log, audit, publish }, options));
    const forker = disposables.use(watchForker(context));
    // Before a user is let in: a drain outlives the gateway that was told of it.
    await forker.heard(limits.forkerWordMsMax);
    const listener = await listen(context, before, own);
    disposables.defer(() => void listener.close());
    const gate = new Gate({
      config,
      log,
      events,
      audit,
      listener,
      worker: own,
      outage: () => forker.outage,
    });
    forker.obey((drain) => gate.follow(drain));
    const predecessor = shared ? { pid: before?.pid ?? 0, lives: () => livesStill(before) } : null;
    const control = createControlServer(gate);
    const socket = disposables.use(
      await listenUnix(control, gatewayControlSocketPath(config), predecessor),
    );
    const status = await listenForStatus(context, before, gate);
    if (status !== null) disposables.use(status);
    const { address: host, port } = listener.address;
    log.info({ host, port, workers: config.ssh.workers }, 'listening');
    const details = { ssh: { host, port }, ...(status === null ? {} : { status: status.address }) };
    const finished = own.finished
      .then(() => log.info('stopped'))
      .finally(() => disposables.dispose());
    const stop = (urgent: boolean): void => {
      if (socket.isReplaced && !urgent) gate.retire();
      else gate.stop(urgent);
    };
    return { details, finished, stop };
  } catch (error) {
    disposables.dispose();
    worker?.take(stopEvent(0, true));
    await worker?.finished;
    throw error;
  }
}

function isOverlap({ options }: GatewayContext): boolean {
  return options?.['overlap'] === 'yes';
}

/** One process counts for all that share its port: this one. */
async function startWorker(
  context: Omit<WorkerContext, 'places'>,
  options: WorkerOptions,
): Promise<Worker> {
  const tally = new Tally(context.config, options.random ?? Math.random);
  if (context.config.ssh.workers > 1) return WorkerPool.start({ ...context, tally }, options);
  return createWorker({ ...context, places: new OwnPlaces(tally) }, options);
}

/** @throws {StartError} when nobody could read tomorrow who was let in today */
function openAudit(config: Config, log: GatewayContext['log']): AuditLog {
  const directory = auditDirectory(config);
  const failed = (err: Error): void =>
    log.error({ err, directory, fault: 'system' }, 'audit not written');
  try {
    return new AuditLog({ directory, part: 'ssh-gateway', now: () => new Date(), failed });
  } catch (error) {
    const { message } = error as Error;
    throw new StartError(`cannot write the audit in ${directory}: ${message}; make it writable`, {
      cause: error,
    });
  }
}

/**
 * Where the configuration leaves the port to the system, a successor shares the one that clients
 * know by now.
 */
function addressBeside(
  { host, port }: Address,
  before: PartRecord | null,
  detail: 'ssh' | 'status',
): Address {
  const known = before?.details[detail] as Address | undefined;
  return { host, port: port === 0 && known !== undefined ? known.port : port };
}

/** Dispose it to follow no more. */
function watchForker({ config, log }: GatewayContext): ForkerWatch {
  const controlSocket = controlSocketPath(config);
  return new ForkerWatch({ controlSocket, log, absent: () => whyAbsent(config) });
}

/** Why there is no fork service. */
function whyAbsent(config: Config): string | null {
  const halt = currentHalt(config, 'forker');
  // One that is started anew is back in a moment, and one that fails is made up for where sessions
  // are spawned.
  if (halt?.state === 'failing' && (halt.attempts === 1 || config.ssh.fallback === 'spawn'))
    return null;
  return halt === null ? null : `the fork service does not run: ${describeHalt(halt)}`;
}

function livesStill(before: PartRecord | null): boolean {
  return before !== null && processStartTime(before.pid) === before.startTime;
}

/** On the sockets that were passed to us, or else on one of our own. @throws {StartError} */
async function listen(
  context: GatewayContext,
  before: PartRecord | null,
  worker: Worker,
): Promise<Listener> {
  const { config, log, sockets } = context;
  const listening = {
    accept: (socket: Socket) => worker.accept(socket),
    failed: (err: Error) => log.error({ err, fault: 'system' }, 'listener failed'),
  };
  const passed = sockets?.all('ssh') ?? [];
  if (passed.length > 0) return Listener.take(passed, listening);
  const address = addressBeside(config.ssh.listen, before, 'ssh');
  try {
    return await Listener.open(address, isOverlap(context), listening);
  } catch (error) {
    throw portError(error, address, 'ssh.listen');
  }
}

/** Null when nothing is wanted. @throws {StartError} */
async function listenForStatus(
  context: GatewayContext,
  before: PartRecord | null,
  gate: Gate,
): Promise<TcpListener | null> {
  const passed = context.sockets?.one('status') ?? null;
  if (passed !== null) return takeStatusPort(createStatusServer(gate), passed);
  const { statusListen } = context.config.ssh;
  if (statusListen === null) return null;
  return openStatusPort(
    createStatusServer(gate),
    addressBeside(statusListen, before, 'status'),
    isOverlap(context),
  );
}
