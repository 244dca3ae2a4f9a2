import type { Config } from '@hatchery/config';
import { socketsOfSystemd, standardError, withoutSystemdSockets } from '@hatchery/daemon';
import { exitDone, exitFailed, expectWords, type Command, type Invocation } from '../command.ts';
import { actor } from '../running-service.ts';
import { claimService } from '../service-process.ts';
import type { PartName } from '../part.ts';
import { namesOf, supervisedParts } from '../unsupervised.ts';
import { hasDemo, prepareFirstUse, writeDemoSsh } from './first-use.ts';
import { Generations } from './generations.ts';
import { ListeningSockets, type Inheritance } from './listening-sockets.ts';
import { PartStartError } from './part-process.ts';
import { Parts, type PartsContext } from './parts.ts';
import { endKeeper } from './end-keeper.ts';
import { describePlaces, type Ready } from './ready.ts';
import { serviceTerminal } from './service-terminal.ts';
import { Starter } from './starter.ts';
import { StopRequest } from './stop-request.ts';
import { openSupervisorSocket, type RestartRequest } from './supervisor-socket.ts';

export const up: Command = {
  name: 'up',
  isByTheBook: true,
  synopsis: '[--json]',
  summary: 'serve: all parts in the foreground; Ctrl-C drains and stops, a second one at once',
  options: {
    ...{ json: { type: 'boolean' }, 'ready-fd': { type: 'string' } },
    // Of the supervisor that a restart starts below another one.
    ...{ succeed: { type: 'string' }, inherit: { type: 'string' } },
  },
  async run(asked) {
    expectWords(asked);
    const invocation = { ...asked, ...serviceTerminal(asked) };
    const starter = Starter.from(invocation.options['ready-fd']);
    using stop = new StopRequest(invocation.say);
    try {
      const actor = invocation.options['succeed'];
      if (typeof actor === 'string') await succeed(invocation, actor, starter, stop);
      else {
        using _claim = claimService(invocation.config, starter.waits);
        await serve(invocation, starter, stop);
      }
      stop.throwIfFailed();
      return exitDone;
    } catch (error) {
      // Everything has ended by now: whoever waits finds nothing that runs on.
      starter.fail((error as Error).message);
      // A part that failed has said why itself; its line is on stderr already.
      if (error instanceof PartStartError) return exitFailed;
      throw error;
    }
  },
};

/**
 * The supervisor that a person or systemd starts: one generation of parts after the other, until it is stopped. The parts are its own until the
 * very end: whatever it ends with, they have ended.
 */
async function serve(invocation: Invocation, starter: Starter, stop: StopRequest): Promise<void> {
  const { config, say } = invocation;
  await prepareFirstUse(config, invocation, stop.signal);
  const announce = (ready: Ready): void => {
    offerDemo(config, ready, say);
    // Whoever waits at the descriptor hears it there; what a log keeps should let nobody in.
    if (invocation.options['ready-fd'] !== undefined) return;
    const places = `\nhatchery is up; Ctrl-C drains and stops.\n${describePlaces(config, ready, invocation.place)}`;
    invocation.print(invocation.options['json'] === true ? `${JSON.stringify(ready)}\n` : places);
  };
  const started = await startUnlessStopped(invocation, stop);
  if (started === null) return;
  const { parts: first, sockets } = started;
  const generations = new Generations(first, { invocation, stop, sockets, replaced: announce });
  using held = new DisposableStack();
  try {
    const supervisor = {
      restart: (asked: RestartRequest, progress: (line: string) => void) => generations.replace(asked, progress),
      state: () => ({ log: standardError().health }),
    };
    held.use(await openSupervisorSocket(config, supervisor));
    announce(first.ready);
    starter.tell(first.ready);
    await stop.asked;
  } finally {
    await generations.end(say);
    await endKeeper(config, say);
  }
}

/** What is only for the demo fails nothing. */
function offerDemo(config: Config, { ssh }: Ready, say: (line: string) => void): void {
  try {
    if (hasDemo(config)) writeDemoSsh(config, ssh);
  } catch (error) {
    say(`the ssh of the demo user cannot be written: ${(error as Error).message}; going on without it`);
  }
}

/** Null when it was stopped on the way. */
async function startUnlessStopped(invocation: Invocation, stop: StopRequest): Promise<Started | null> {
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

async function openSockets({ config, environment }: Invocation, isBesideLeft: boolean): Promise<ListeningSockets> {
  const ofSystemd = socketsOfSystemd(environment, process.pid);
  return ListeningSockets.open(config, ofSystemd, isBesideLeft);
}

/** A supervisor that was killed leaves parts whose sessions go on: they are succeeded as at a restart. */
async function startBeside(
  left: ReturnType<typeof supervisedParts>,
  invocation: Invocation,
  context: PartsContext,
): Promise<Parts> {
  const { say } = invocation;
  if (left.length === 0) return Parts.start(context);
  say(`${namesOf(left)} run without a supervisor; these take over from them`);
  return Parts.succeed(context, actor(invocation), { progress: say, failed: () => undefined });
}

/** The supervisor that `restart` starts below the one that runs: parts that take over from those of the one before. */
async function succeed(invocation: Invocation, actor: string, starter: Starter, stop: StopRequest): Promise<void> {
  // It ends when the one above does, however that ends.
  process.stdin.resume().once('end', stop.ask);
  try {
    const inheritance = JSON.parse(String(invocation.options['inherit'])) as Inheritance;
    using sockets = ListeningSockets.inherit(inheritance, invocation.config, invocation.say);
    await prepareFirstUse(invocation.config, invocation, stop.signal);
    const told = {
      progress: (line: string) => starter.progress(line),
      failed: ({ message }: Error) => starter.fail(message),
    };
    const parts = await Parts.succeed(contextOf(invocation, stop, sockets), actor, told);
    try {
      starter.tell(parts.ready);
      await stop.asked;
    } finally {
      // Lest connections queue where nobody takes them any more: a successor may have moved to another address.
      if (stop.isRetirement) sockets[Symbol.dispose]();
      else sockets.closeFor('ssh-gateway');
      await (stop.isRetirement ? parts.retire(stop.urgent) : parts.stop(stop.urgent));
    }
  } finally {
    process.stdin.destroy();
  }
}

function contextOf(invocation: Invocation, stop: StopRequest, sockets: ListeningSockets): PartsContext {
  const { config, place: words, environment, say } = invocation;
  // A gateway that starts sessions itself while the fork service is away needs what that needs.
  const changesUsers = (name: PartName): boolean =>
    name === 'forker' || (name === 'ssh-gateway' && config.ssh.fallback === 'spawn');
  const place = {
    words,
    environment: withoutSystemdSockets(environment),
    sockets: sockets.of.bind(sockets),
    changesUsers,
  };
  return { config, place, aborted: stop.signal, urgent: stop.urgent, say };
}
