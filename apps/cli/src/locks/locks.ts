import { setTimeout as delay } from 'node:timers/promises';
import { controlSocketPath, type Config } from '@hatchery/config';
import { dialFeed } from '@hatchery/event-feed';
import { emptyView, reduce, type Lock, type View } from '@hatchery/events';
import { readScriptLocks } from '@hatchery/script-locks';
import { exitDone, expectWords, type Command, type Invocation } from '../command.ts';
import { actor, askService, serviceState } from '../running-service.ts';
import { describeLocks } from './describe-locks.ts';

export const locks: Command = {
  name: 'locks',
  synopsis: '[--json] [--watch] [--scan]',
  summary: 'who holds which lock, who waits, and who blocks whom',
  options: { json: { type: 'boolean' }, watch: { type: 'boolean' }, scan: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const { config, options } = invocation;
    if (options['scan'] === true) {
      await askService(config, 'POST', '/v1/locks/scan', { actor: actor(invocation), reason: 'hatchery locks --scan' });
    }
    if (options['watch'] === true) return watch(invocation);
    const list = await findLocks(config);
    process.stdout.write(options['json'] === true ? `${JSON.stringify(list)}\n` : describeLocks(list, new Date()));
    return exitDone;
  },
};

/** The locks that the service knows; without a service those of scripts, which need none. */
async function findLocks(config: Config): Promise<readonly Lock[]> {
  try {
    return Object.values((await serviceState(config)).view.locks);
  } catch (error) {
    process.stderr.write(`hatchery: locks: only those of scripts: ${(error as Error).message}\n`);
    return readScriptLocks(config.locks.directory);
  }
}

/** Prints the locks again whenever one changes, until a signal ends it; with `--json` a line each time. */
async function watch({ config, options }: Invocation): Promise<number> {
  await serviceState(config);
  const json = options['json'] === true;
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
  let view: View = emptyView;
  let shown: View['locks'] | null = null;
  const show = (): void => {
    if (view.locks === shown) return;
    shown = view.locks;
    const list = Object.values(view.locks);
    if (json) process.stdout.write(`${JSON.stringify(list)}\n`);
    else process.stdout.write(`${clearScreen()}${describeLocks(list, new Date())}`);
  };
  await using _feed = dialFeed(controlSocketPath(config), {
    message: (message) => {
      if (message.type === 'snapshot') view = message.view;
      else if (message.type === 'event') view = reduce(view, message.event);
      else return;
      show();
    },
    connection: (state) => {
      if (!state.up) process.stderr.write(`hatchery: locks: the service is away (${state.error.message})\n`);
    },
  });
  // A pipe that is closed has no reader to show anything to.
  process.stdout.on('error', () => ended.abort());
  await delay(2 ** 31 - 1, undefined, { signal: ended.signal }).catch(() => undefined);
  return exitDone;
}

/** On a terminal each list replaces the one before; in a file they follow each other. */
function clearScreen(): string {
  return process.stdout.isTTY ? '\x1b[H\x1b[2J' : '';
}
