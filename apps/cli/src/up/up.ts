// Long: the life of one supervisor in the order in which it happens.
import { isatty } from 'node:tty';
import type { Config } from '@hatchery/config';
import { socketsOfSystemd, standardError, withoutSystemdSockets } from '@hatchery/daemon';
import { requireVersion } from '@hatchery/formats';
import { exitDone, exitFailed, expectWords, type Command, type Invocation } from '../command.ts';
import { messageOf } from '../terminal/denied.ts';
import { actor } from '../service/running-service.ts';
import { recordBegun, recordDone } from '../sessions/recorded.ts';
import { claimService } from '../service/service-process.ts';
import type { PartName } from '../service/part.ts';
import { namesOf, supervisedParts } from '../service/unsupervised.ts';
import { recordConfigurationChanges } from './configuration-changes.ts';
import { hasDemo, prepareFirstUse, writeDemoSsh } from './first-use.ts';
import { Generations } from './generations.ts';
import { ListeningSockets, type Inheritance } from './listening-sockets.ts';
import { PartStartError } from './part-process.ts';
import { Parts, type PartsContext } from './parts.ts';
import { endKeeper } from './end-keeper.ts';
import { describeAddresses, describePlaces, type Ready } from './ready.ts';
import { serviceTerminal } from './service-terminal.ts';
import { Starter } from './starter.ts';
import { StopRequest } from './stop-request.ts';
import { SupervisorLog } from './supervisor-log.ts';
import { starterOf } from './who-asked.ts';
import { openSupervisorSocket, type RestartRequest } from './supervisor-socket.ts';

export const up: Command = {
  name: 'up',
  isByTheBook: true,
  synopsis: '[--json]',
  summary: 'serve in the foreground; Ctrl-C drains and stops, a second Ctrl-C stops at once',
  options: {
    json: { type: 'boolean' },
    'ready-fd': { type: 'string' },
    // Of the supervisor that a restart starts below another one.
    succeed: { type: 'string' },
    inherit: { type: 'string' },
  },
  async run(asked) {
    expectWords(asked);
    const log = new SupervisorLog(asked.config.log.format);
    const invocation: Service = { ...asked, ...serviceTerminal(asked, log), log };
    const starter = Starter.from(invocation.options['ready-fd']);
    using stop = new StopRequest(invocation.say);
    try {
      const actor = invocation.options['succeed'];
      if (typeof actor === 'string') await succeed(invocation, actor, starter, stop);
      else {
        using _claim = claimService(invocation.config, starter.waits);
        await serveRecorded(invocation, starter, stop);
      }
      stop.throwIfFailed();
      return exitDone;
    } catch (error) {
      // Everything has ended by now: whoever waits finds nothing that runs on.
      const message = messageOf(error);
      starter.fail(message);
      if (!(error instanceof PartStartError && error.isSaid))
        log.say(asked.hint(`up: ${message}`), 'fatal');
      return exitFailed;
    }
  },
};

/** `up` as it was typed, with the log of the service. */
type Service = Invocation & { readonly log: SupervisorLog };

/** Who wants it, for the audit: also of a start that comes to nothing. */
async function serveRecorded(
  invocation: Service,
  starter: Starter,
  stop: StopRequest,
): Promise<void> {
  const { config, say } = invocation;
  const actor = starterOf(invocation);
  let outcome: string | null = null;
  const told = async (came: string): Promise<void> => {
    if (outcome === null)
      await recordDone(
        config,
        { actor, verb: 'start', target: 'service', reason: 'hatchery start' },
        came,
        say,
      );
    outcome = came;
  };
  try {
    await serve(invocation, starter, stop, async () => {
      await told('done');
      await recordConfigurationChanges({ config, file: configFileOf(invocation), actor, say });
    });
    await told(`interrupted by ${stop.by?.reason ?? 'a stop'}`);
  } catch (error) {
    await told(`failed: ${(error as Error).message}`);
    throw error;
  }
}

function configFileOf({ place }: Invocation): string | undefined {
  return place[place.indexOf('--config') + 1 || place.length];
}

/**
 * The supervisor that a person or systemd starts: one generation of parts after the other, until it
 * is stopped. The parts are its own until the very end: whatever it ends with, they have ended.
 */
async function serve(
  invocation: Service,
  starter: Starter,
  stop: StopRequest,
  up: () => Promise<void>,
): Promise<void> {
  const { config, say, log } = invocation;
  await prepareFirstUse(config, invocation, stop.signal);
  const announce = (ready: Ready): void => {
    offerDemo(config, ready, say);
    // Whoever waits at the descriptor hears it there; what a log keeps should let nobody in.
    if (invocation.options['ready-fd'] !== undefined) return;
    if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(ready)}\n`);
    else if (log.format === 'json' && !isatty(1)) say(describeAddresses(ready));
    else
      invocation.print(
        `\nhatchery is up; Ctrl-C drains and stops.\n${describePlaces(config, ready, invocation.place)}`,
      );
  };
  const started = await startUnlessStopped(invocation, stop);
  if (started === null) return;
  const { parts: first, sockets } = started;
  const generations = new Generations(first, {
    invocation,
    stop,
    log,
    sockets,
    replaced: announce,
  });
  using held = new DisposableStack();
  try {
    const supervisor = {
      restart: (asked: RestartRequest, progress: (line: string) => void) =>
        generations.replace(asked, progress),
      state: () => ({ log: standardError().health }),
      stop: (actor: string) => stop.beginFor(actor),
    };
    held.use(await openSupervisorSocket(config, supervisor));
    await up();
    announce(first.ready);
    starter.tell(first.ready);
    await stop.asked;
  } finally {
    const asked = stop.by ?? { actor: 'the supervisor', reason: 'it cannot go on' };
    const finish = await recordBegun(config, { ...asked, verb: 'stop', target: 'service' }, say);
    await generations.end(say);
    await endKeeper(config, say, 'end');
    await finish('done');
  }
}

/** What is only for the demo fails nothing. */
function offerDemo(config: Config, { ssh }: Ready, say: (line: string) => void): void {
  try {
    if (hasDemo(config)) writeDemoSsh(config, ssh);
  } catch (error) {
    say(
      `the ssh of the demo user cannot be written: ${(error as Error).message}; going on without it`,
    );
  }
}

/** Null when it was stopped on the way. */
async function startUnlessStopped(invocation: Service, stop: StopRequest): Promise<Started | null> {
  using held = new DisposableStack();
  try {
    // None is ours yet.
    const left = supervisedParts(invocation.config);
    const sockets = held.use(await openSockets(invocation, left.length > 0));
    const parts = await startBeside(left, invocation, contextOf(invocation, stop, sockets));
    let isHandedOn = false;
    try {
      sockets.settle();
      isHandedOn = !stop.signal.aborted;
    } finally {
      if (!isHandedOn) await parts.stop(stop.urgent);
    }
    if (isHandedOn) {
      held.move();
      return { parts, sockets };
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  return null;
}

interface Started {
  readonly parts: Parts;
  readonly sockets: ListeningSockets;
}

async function openSockets(
  { config, environment }: Invocation,
  isBesideLeft: boolean,
): Promise<ListeningSockets> {
  const ofSystemd = socketsOfSystemd(environment, process.pid);
  return ListeningSockets.open(config, ofSystemd, isBesideLeft);
}

/**
 * A supervisor that was killed leaves parts whose sessions go on: they are succeeded as at a
 * restart.
 */
async function startBeside(
  left: ReturnType<typeof supervisedParts>,
  invocation: Service,
  context: PartsContext,
): Promise<Parts> {
  const { say } = invocation;
  if (left.length === 0) return Parts.start(context);
  say(`${namesOf(left)} run without a supervisor; these take over from them`);
  return Parts.succeed(context, actor(invocation), { progress: say, failed: () => undefined });
}

/**
 * The supervisor that `restart` starts below the one that runs: parts that take over from those of
 * the one before.
 */
async function succeed(
  invocation: Service,
  actor: string,
  starter: Starter,
  stop: StopRequest,
): Promise<void> {
  // It ends when the one above does, however that ends.
  process.stdin.resume().once('end', stop.ask);
  try {
    const inheritance = JSON.parse(String(invocation.options['inherit'])) as Inheritance & {
      readonly format?: unknown;
    };
    requireVersion('inheritance', '--inherit', inheritance.format);
    using sockets = ListeningSockets.inherit(inheritance, invocation.config, invocation.say);
    await prepareFirstUse(invocation.config, invocation, stop.signal);
    const told = {
      progress: (line: string) => starter.progress(line),
      failed: ({ message }: Error) => starter.fail(message),
    };
    const parts = await Parts.succeed(contextOf(invocation, stop, sockets), actor, told);
    try {
      await recordConfigurationChanges({ ...invocation, file: configFileOf(invocation), actor });
      starter.tell(parts.ready);
      await stop.asked;
    } finally {
      // Lest connections queue where nobody takes them any more: a successor may have moved to
      // another address.
      if (stop.isRetirement) sockets[Symbol.dispose]();
      else sockets.closeFor('ssh-gateway');
      await (stop.isRetirement ? parts.retire(stop.urgent) : parts.stop(stop.urgent));
    }
  } finally {
    process.stdin.destroy();
  }
}

function contextOf(
  invocation: Service,
  stop: StopRequest,
  sockets: ListeningSockets,
): PartsContext {
  const { config, place: words, environment, say, log } = invocation;
  // A gateway that starts sessions itself while the fork service is away needs what that needs.
  const changesUsers = (name: PartName): boolean =>
    name === 'forker' || (name === 'ssh-gateway' && config.ssh.fallback === 'spawn');
  const place = {
    log,
    words,
    environment: withoutSystemdSockets(environment),
    sockets: sockets.of.bind(sockets),
    changesUsers,
  };
  return { config, place, aborted: stop.signal, urgent: stop.urgent, say };
}
