import { setTimeout as delay } from 'node:timers/promises';
import { controlSocketPath, type Config } from '@hatchery/config';
import { dialFeed } from '@hatchery/event-feed';
import { emptyView, reduce, type Lock, type View } from '@hatchery/events';
import { readScriptLocks } from '@hatchery/script-locks';
import { exitDone, exitFailed, expectWords, type Command, type Invocation } from '../command.ts';
import { actor, askService, NotRunningError, serviceState } from '../service/running-service.ts';
import { describeLocks } from './describe-locks.ts';
import { directoryTrouble } from './directory-trouble.ts';
import { agesMs, answerMsMax } from './limits.ts';
import { LockScreen } from './lock-screen.ts';

export const locks: Command = {
  name: 'locks',
  synopsis: '[--json] [--watch] [--scan]',
  summary: 'list locks with their holders and waiters, and show who blocks whom',
  options: { json: { type: 'boolean' }, watch: { type: 'boolean' }, scan: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const { config, options, hint } = invocation;
    if (options['scan'] === true) {
      await askService(config, 'POST', '/v1/locks/scan', {
        actor: actor(invocation),
        reason: 'hatchery locks --scan',
      });
    }
    if (options['watch'] === true) return watch(invocation);
    const { list, areAll, exitCode } = await findLocks(invocation);
    const json = options['json'] === true;
    invocation.print(
      json ? `${JSON.stringify(list)}\n` : describeLocks(list, new Date(), areAll, hint),
    );
    return exitCode;
  },
};

interface FoundLocks {
  readonly list: readonly Lock[];
  /** False when only script locks are known. */
  readonly areAll: boolean;
  readonly exitCode: number;
}

/**
 * The locks that the service knows; without a running service only script locks, which need none. A
 * service that does not answer is an error.
 */
async function findLocks({ config, say }: Invocation): Promise<FoundLocks> {
  try {
    const { view } = await serviceState(config, answerMsMax);
    return { list: Object.values(view.locks), areAll: true, exitCode: exitDone };
  } catch (error) {
    say(`locks: only those of scripts: ${(error as Error).message}`);
    const exitCode = error instanceof NotRunningError ? exitDone : exitFailed;
    return { list: scriptLocks(config), areAll: false, exitCode };
  }
}

function scriptLocks({ locks: { directory } }: Config): Lock[] {
  try {
    return readScriptLocks(directory);
  } catch (error) {
    throw directoryTrouble(directory, error);
  }
}

/**
 * Prints the locks again whenever one changes, until a signal ends it; with `--json` one line each
 * time.
 */
async function watch({ config, options, print, say, hint }: Invocation): Promise<number> {
  await serviceState(config, answerMsMax);
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
  let view: View = emptyView;
  const format = options['json'] === true ? 'json' : process.stdout.isTTY ? 'terminal' : 'text';
  const screen = new LockScreen(format, () => new Date(), print, hint);
  await using _feed = dialFeed(controlSocketPath(config), {
    message: (message) => {
      if (message.type === 'snapshot') view = message.view;
      else if (message.type === 'event') view = reduce(view, message.event);
      else return;
      screen.show(view.locks);
    },
    connection: (state) => {
      if (!state.up) say(`locks: the service is away (${state.error.message})`);
      screen.connection(state.up);
    },
  });
  const aging = setInterval(() => screen.age(), agesMs);
  // A closed pipe has no reader any more.
  process.stdout.on('error', () => ended.abort());
  await delay(2 ** 31 - 1, undefined, { signal: ended.signal }).catch(() => undefined);
  clearInterval(aging);
  return exitDone;
}
