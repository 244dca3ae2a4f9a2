import { exitDone, exitFailed, expectWords, type Command, type Invocation } from '../command.ts';
import { partStopMarginMs } from '../limits.ts';
import { claimService } from '../service-process.ts';
import { prepareFirstUse } from './first-use.ts';
import { PartStartError, type Place } from './part-process.ts';
import { announcement, describeReady, readyDescriptor, tellStarter } from './ready.ts';
import { StopRequest } from './stop-request.ts';
import { SupervisedPart } from './supervised-part.ts';

export const up: Command = {
  name: 'up',
  synopsis: '[--json]',
  summary: 'serve: all parts in the foreground; Ctrl-C drains and stops, a second one at once',
  options: { json: { type: 'boolean' }, 'ready-fd': { type: 'string' } },
  async run(invocation) {
    expectWords(invocation);
    const readyFd = readyDescriptor(invocation.options['ready-fd']);
    try {
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

async function serve(invocation: Invocation, readyFd: number | null): Promise<number> {
  const { config } = invocation;
  await prepareFirstUse(config, invocation);
  using stop = new StopRequest();
  const place = { words: invocation.place, environment: invocation.environment };
  const parts: SupervisedPart[] = [];
  try {
    // The forker first: a gateway that is ready before it would refuse its first users.
    parts.push(await SupervisedPart.start('forker', place, stop.signal, invocation.say));
    parts.push(...(await startTogether(['ssh-gateway', 'dashboard'], place, stop.signal, invocation.say)));
    if (!stop.signal.aborted) {
      const ready = describeReady(config, parts);
      invocation.print(
        invocation.options['json'] === true ? `${JSON.stringify(ready)}\n` : announcement(config, ready),
      );
      tellStarter(readyFd, ready);
    }
    await Promise.race([stop.asked, ...parts.map((part) => part.failed)]);
    invocation.say('draining; running sessions finish, Ctrl-C again ends them');
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    await stopAll(parts, stop, 1000 * config.forker.childrenTimeoutS, invocation.say);
  }
  return exitDone;
}

/** All or none: the first that fails ends the others, ready or not. */
async function startTogether(
  names: readonly ('ssh-gateway' | 'dashboard')[],
  place: Place,
  aborted: AbortSignal,
  say: (line: string) => void,
): Promise<SupervisedPart[]> {
  const failing = new AbortController();
  const either = AbortSignal.any([aborted, failing.signal]);
  const starts = names.map(async (name) => SupervisedPart.start(name, place, either, say));
  try {
    return await Promise.all(starts);
  } catch (error) {
    failing.abort();
    const others = await Promise.allSettled(starts);
    const ready = others.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    await Promise.all(ready.map((part) => part.stop(either)));
    throw error;
  }
}

/**
 * The gateway first, so that its sessions still have a forker; then the forker; the page last, to show it. All of it
 * becomes urgent when the deadline for children has passed, or somebody asks twice.
 */
async function stopAll(
  [forker, gateway, dashboard]: readonly SupervisedPart[],
  stop: StopRequest,
  drainMs: number,
  say: (line: string) => void,
): Promise<void> {
  const late = new AbortController();
  const urgent = AbortSignal.any([stop.urgent, late.signal]);
  const deadline = setTimeout(() => late.abort(), drainMs);
  const kill = setTimeout(() => {
    for (const part of [gateway, forker, dashboard]) {
      if (part?.kill() === true) say(`${part.name} did not stop within its deadline and was killed`);
    }
  }, drainMs + partStopMarginMs);
  try {
    for (const part of [gateway, forker, dashboard]) await part?.stop(urgent);
  } finally {
    clearTimeout(deadline);
    clearTimeout(kill);
  }
}
