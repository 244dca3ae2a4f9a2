import { standardError } from '@hatchery/daemon';
import { exitDone, exitFailed, expectWords, type Command, type Invocation } from '../command.ts';
import { actor } from '../running-service.ts';
import { claimService } from '../service-process.ts';
import { namesOf, supervisedParts } from '../unsupervised.ts';
import { hasDemo, prepareFirstUse, writeDemoSsh } from './first-use.ts';
import { Generations } from './generations.ts';
import { PartStartError } from './part-process.ts';
import { Parts, type PartsContext } from './parts.ts';
import { describePlaces, readyDescriptor, tellProgress, tellStarter, type Ready } from './ready.ts';
import { serviceTerminal } from './service-terminal.ts';
import { StopRequest } from './stop-request.ts';
import { openSupervisorSocket } from './supervisor-socket.ts';

export const up: Command = {
  name: 'up',
  synopsis: '[--json]',
  summary: 'serve: all parts in the foreground; Ctrl-C drains and stops, a second one at once',
  options: { json: { type: 'boolean' }, 'ready-fd': { type: 'string' }, succeed: { type: 'string' } },
  async run(asked) {
    expectWords(asked);
    const invocation = { ...asked, ...serviceTerminal(asked) };
    const readyFd = readyDescriptor(invocation.options['ready-fd']);
    try {
      const actor = invocation.options['succeed'];
      if (typeof actor === 'string') return await succeed(invocation, actor, readyFd);
      using _claim = claimService(invocation.config, readyFd !== null);
      return await serve(invocation, readyFd);
    } catch (error) {
      const { message } = error as Error;
      tellStarter(readyFd, { event: 'failed', message });
      // A part that failed has said why itself; its line is on stderr already.
      if (error instanceof PartStartError) return exitFailed;
      throw error;
    }
  },
};

/** The supervisor that a person or systemd starts: one generation of parts after the other, until it is stopped. */
async function serve(invocation: Invocation, readyFd: number | null): Promise<number> {
  const { config, say } = invocation;
  await prepareFirstUse(config, invocation);
  using stop = new StopRequest();
  const announce = (ready: Ready): void => {
    if (hasDemo(config)) writeDemoSsh(config, ready.ssh);
    // Whoever waits at the descriptor hears it there; what a log keeps should let nobody in.
    if (readyFd !== null) return;
    const places = `\nhatchery is up; Ctrl-C drains and stops.\n${describePlaces(config, ready)}`;
    invocation.print(invocation.options['json'] === true ? `${JSON.stringify(ready)}\n` : places);
  };
  const first = await startUnlessStopped(invocation, stop);
  if (first === null) return exitDone;
  const generations = new Generations(first, { invocation, stop, replaced: announce });
  using _socket = await openSupervisorSocket(config, {
    restart: (asked, progress) => generations.replace(asked, progress),
    state: () => ({ log: standardError().health }),
  });
  announce(first.ready);
  tellStarter(readyFd, first.ready);
  await generations.end(say);
  return exitDone;
}

/** Null when it was stopped on the way. */
async function startUnlessStopped(invocation: Invocation, stop: StopRequest): Promise<Parts | null> {
  try {
    const parts = await startBesideLeft(invocation, contextOf(invocation, stop));
    if (!stop.signal.aborted) return parts;
    await parts.stop(stop.urgent);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  return null;
}

/** A supervisor that was killed leaves parts whose sessions go on: they are succeeded as at a restart. */
async function startBesideLeft(invocation: Invocation, context: PartsContext): Promise<Parts> {
  const { config, say } = invocation;
  // None is ours yet.
  const left = supervisedParts(config);
  if (left.length === 0) return Parts.start(context);
  say(`${namesOf(left)} run without a supervisor; these take over from them`);
  return Parts.succeed(context, actor(invocation), { progress: say, failed: () => undefined });
}

/** The supervisor that `restart` starts below the one that runs: parts that take over from those of the one before. */
async function succeed(invocation: Invocation, actor: string, readyFd: number | null): Promise<number> {
  await prepareFirstUse(invocation.config, invocation);
  using stop = new StopRequest();
  // It ends when the one above does, however that ends.
  process.stdin.resume().once('end', stop.ask);
  const told = {
    progress: (line: string) => tellProgress(readyFd, line),
    failed: ({ message }: Error) => tellStarter(readyFd, { event: 'failed', message }),
  };
  const parts = await Parts.succeed(contextOf(invocation, stop), actor, told).catch(() => null);
  if (parts === null) {
    process.stdin.destroy();
    return exitFailed;
  }
  tellStarter(readyFd, parts.ready);
  try {
    await Promise.race([stop.asked, parts.failed]);
  } finally {
    await (stop.isRetirement ? parts.retire(stop.urgent) : parts.stop(stop.urgent));
    process.stdin.destroy();
  }
  return exitDone;
}

function contextOf({ config, place: words, environment, say }: Invocation, stop: StopRequest): PartsContext {
  return { config, place: { words, environment }, aborted: stop.signal, urgent: stop.urgent, say };
}
