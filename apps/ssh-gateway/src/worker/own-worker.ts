import { Networks } from '@hatchery/addresses';
import { controlSocketPath, sessionSettings, type Config } from '@hatchery/config';
import { currentHalt, describeHalt, withSessionUser, type PartContext } from '@hatchery/daemon';
import { controlRequest, type AuditBody } from '@hatchery/event-feed';
import type { EventBody } from '@hatchery/events';
import { spawnChild } from '@hatchery/forker-client';
import { openSignIn } from '../auth/open-sign-in.ts';
import type { SignInPolicy } from '../auth/sign-in-policy.ts';
import { proveFeasible } from '../feasibility.ts';
import { limits as ownLimits, type Limits } from '../limits.ts';
import { GatewayMetrics, type Level } from '../metrics/gateway-metrics.ts';
import { measureLoopDelay } from '../metrics/loop-delay.ts';
import type { Absence, Spawn } from '../session/fork-service.ts';
import type { Killed } from '../session/session-services.ts';
import { Sessions } from '../session/sessions.ts';
import type { Places } from '../places/places.ts';
import { SshServer } from '../ssh/server.ts';
import { Standing } from '../status/standing.ts';
import { drainOf, type Drain } from '../status/status.ts';
import { isOf } from './whose.ts';
import type { Worker } from './worker.ts';

/** What a test replaces. */
export interface WorkerOptions {
  readonly limits?: Partial<Limits>;
  readonly nativeCryptoLoaded?: () => boolean;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** What a worker needs from outside. */
export type WorkerContext = Pick<PartContext, 'config' | 'log'> & {
  readonly publish: (event: EventBody) => void;
  readonly audit: (entry: AuditBody) => void;
  readonly places: Places;
};

/**
 * Makes a worker in this process, in its own time: what it opens may have to be read first.
 * @throws {StartError} when it could not serve, in one line that says what to do
 */
export async function createWorker(
  context: WorkerContext,
  options: WorkerOptions,
): Promise<Worker> {
  const { config, log, publish, audit, places } = context;
  const hostKeys = proveFeasible(config, options);
  const limits: Limits = { ...ownLimits, ...options.limits };
  const shared = {
    log,
    limits,
    audit,
    now: (): number => performance.now(),
    metrics: new GatewayMetrics(),
  };
  const signIn = await openSignIn(config.ssh, shared);
  const drain = (): Drain | null => drainOf(standing.status);
  const sessions = new Sessions({
    ...shared,
    publish,
    places,
    drain,
    forkSocket: config.forker.socket,
    absence: { spawn: spawnOf(config, log), stopped: () => stoppedForker(config) },
    endingOf: (childId) => endingOf(config, childId, limits.forkerWordMsMax),
    signalChild: (childId, signal, reason) => signalChild(config, childId, signal, reason),
  });
  const server = new SshServer({
    ...shared,
    hostKeys,
    places,
    drain,
    algorithms: config.ssh.algorithms,
    loginGraceMs: config.ssh.loginGraceS * 1000,
    idleTimeoutMs: config.ssh.idleTimeoutS * 1000,
    balancers: config.ssh.proxyProtocol === 'require' ? Networks.of(config.ssh.proxyFrom) : null,
    judgeKey: (request) => signIn.judgeLastingly(request),
    opened: (connection, request, channel) => sessions.open(connection, request, channel),
  });
  const standing: Standing = new Standing({ log, server, sessions });
  const loopDelay = measureLoopDelay(shared.metrics, shared.now);
  return compose({ config, ...shared, loopDelay, server, sessions, signIn, places, standing });
}

interface Parts {
  readonly config: Config;
  readonly limits: Limits;
  readonly metrics: GatewayMetrics;
  readonly server: SshServer;
  readonly sessions: Sessions;
  readonly signIn: SignInPolicy;
  readonly places: Places;
  readonly standing: Standing;
  readonly loopDelay: Disposable;
}

function compose({
  config,
  limits,
  metrics,
  server,
  sessions,
  signIn,
  places,
  standing,
  loopDelay,
}: Parts): Worker {
  const level = (): Level => ({
    connections: server.connectionCount,
    connectionsMax: limits.connectionsMax,
    unauthenticated: places.unauthenticated,
    unauthenticatedMax: config.ssh.startupsMax.full,
    sessions: sessions.count,
    bufferedBytes: server.bufferedBytes,
    draining: standing.status.name !== 'open',
  });
  return {
    accept: (socket) => server.accept(socket),
    get status() {
      return standing.status;
    },
    take: (event) => standing.take(event),
    disconnect: async (whose) => {
      signIn.forget(whose.user);
      const ended = server.disconnect((identity) => isOf(whose, identity));
      // Only then is there a child whose client has gone, and hurrying has a meaning.
      void Promise.all(ended).then(() => sessions.hurry((identity) => isOf(whose, identity)));
      return ended.length;
    },
    report: async () => ({
      families: await metrics.read(level()),
      sessions: sessions.summaries,
      ready: drainOf(standing.status) === null ? 1 : 0,
      connections: server.connectionCount,
      hindrance: await signIn.hindrance(),
    }),
    finished: standing.finished.finally(() => loopDelay[Symbol.dispose]()),
  };
}

/** A session of its own for when the fork service is away, if that is wanted. */
function spawnOf(config: Config, log: WorkerContext['log']): Spawn | null {
  if (config.ssh.fallback === 'refuse') return null;
  const settings = sessionSettings(withSessionUser(config));
  const report = (text: string): void => log.error({ text }, 'spawned session reports');
  return (command, environment) => spawnChild({ settings, command, environment, report });
}

/** As its halt is written down. */
function stoppedForker(config: Config): ReturnType<Absence['stopped']> {
  const halt = currentHalt(config, 'forker');
  return halt?.state === 'stopped'
    ? { at: halt.at, words: `the fork service was ${describeHalt(halt)}` }
    : null;
}

async function endingOf(
  config: Config,
  childId: string,
  timeoutMs: number,
): Promise<Killed | null> {
  const path = `/v1/children/${childId}/ending`;
  const answer = await controlRequest(controlSocketPath(config), 'GET', path, undefined, timeoutMs);
  const { cause, line } = answer as Record<string, unknown>;
  return typeof cause === 'string' && typeof line === 'string' ? { cause, line } : null;
}

async function signalChild(
  config: Config,
  childId: string,
  signal: string,
  reason: string,
): Promise<void> {
  await controlRequest(controlSocketPath(config), 'POST', `/v1/children/${childId}/signal`, {
    signal,
    actor: 'ssh-gateway',
    reason,
  });
}
