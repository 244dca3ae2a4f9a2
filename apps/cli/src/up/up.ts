import { closeSync, writeSync } from 'node:fs';
import type { Address, Config } from '@hatchery/config';
import { exitDone, exitFailed, expectWords, UsageError, type Command } from '../command.ts';
import { demoUser, prepareFirstUse, quote, sampleBranch, writeDemoSsh } from './first-use.ts';
import { PartStartError } from './part-process.ts';
import { SupervisedPart } from './supervised-part.ts';

export const up: Command = {
  name: 'up',
  synopsis: '[--json]',
  summary: 'serve: all parts in the foreground; Ctrl-C drains and stops, a second one at once',
  options: { json: { type: 'boolean' }, 'ready-fd': { type: 'string' } },
  async run(invocation) {
    expectWords(invocation);
    const { config, place } = invocation;
    const json = invocation.options['json'] === true;
    const readyFd = readyDescriptor(invocation.options['ready-fd']);
    await prepareFirstUse(config, (line) => process.stderr.write(`hatchery: ${line}\n`));
    const stop = new StopRequest();
    const parts: SupervisedPart[] = [];
    try {
      // The forker first: a gateway that is ready before it would refuse its first users.
      parts.push(await SupervisedPart.start('forker', place, stop.signal));
      parts.push(...(await startTogether(['ssh-gateway', 'dashboard'], place, stop.signal)));
      const ready = describeReady(config, parts);
      process.stdout.write(json ? `${JSON.stringify(ready)}\n` : announcement(config, ready));
      if (readyFd !== null) tellReady(readyFd, ready);
      await Promise.race([stop.asked, ...parts.map((part) => part.failed)]);
      process.stderr.write('hatchery: draining; running sessions finish, Ctrl-C again ends them\n');
      return exitDone;
    } catch (error) {
      if (stop.signal.aborted) return exitDone;
      // A part that failed has said why itself; its line is on stderr already.
      if (!(error instanceof PartStartError)) process.stderr.write(`hatchery: ${(error as Error).message}\n`);
      return exitFailed;
    } finally {
      await stopAll(parts, stop);
    }
  },
};

/** What `up --json` prints, one line. */
interface Ready {
  readonly event: 'ready';
  readonly ssh: Address;
  readonly dashboard: string;
  readonly forkerSocket: string;
  readonly stateDir: string;
  readonly dashboardSignIn: string;
}

/** SIGINT and SIGTERM: the first asks for an orderly end, each further one makes it urgent. */
class StopRequest {
  readonly #controller = new AbortController();
  readonly #asked = Promise.withResolvers<void>();
  #again: () => void = () => undefined;

  constructor() {
    const listener = (): void => {
      if (this.#controller.signal.aborted) this.#again();
      this.#controller.abort();
      this.#asked.resolve();
    };
    process.on('SIGINT', listener).on('SIGTERM', listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  onAgain(listener: () => void): void {
    this.#again = listener;
  }
}

async function startTogether(
  names: readonly ('ssh-gateway' | 'dashboard')[],
  place: readonly string[],
  aborted: AbortSignal,
): Promise<SupervisedPart[]> {
  const results = await Promise.allSettled(names.map((name) => SupervisedPart.start(name, place, aborted)));
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return started;
  await Promise.all(started.map((part) => part.stop()));
  throw failed.reason;
}

/** The gateway first, so that its sessions still have a forker; then the forker; the page last, to show it. */
async function stopAll(parts: readonly SupervisedPart[], stop: StopRequest): Promise<void> {
  const [forker, gateway, dashboard] = parts;
  for (const part of [gateway, forker, dashboard]) {
    if (part === undefined) continue;
    stop.onAgain(() => void part.stop());
    await part.stop();
  }
}

function describeReady(config: Config, [forker, gateway, dashboard]: readonly SupervisedPart[]): Ready {
  return {
    event: 'ready',
    ssh: gateway?.details['ssh'] as Address,
    dashboard: String(dashboard?.details['url']),
    forkerSocket: String(forker?.details['forkerSocket']),
    stateDir: config.stateDirectory,
    dashboardSignIn: String(dashboard?.details['signInUrl']),
  };
}

function announcement(config: Config, ready: Ready): string {
  const { host, port } = ready.ssh;
  const ssh = writeDemoSsh(config, ready.ssh);
  return `
hatchery is up; Ctrl-C drains and stops.

  The page          ${ready.dashboard}
  to act on it      ${ready.dashboardSignIn}
  Branch from it    BRZ_SSH=${quote(ssh)} brz branch bzr+ssh://${demoUser}@${host}:${port}/${sampleBranch}
  Let others in     ./hatchery user add NAME --key NAME.pub

`;
}

function readyDescriptor(option: string | boolean | undefined): number | null {
  if (option === undefined) return null;
  const fd = Number(option);
  if (!Number.isInteger(fd) || fd < 3)
    throw new UsageError(`--ready-fd takes a descriptor above 2, not '${String(option)}'`);
  return fd;
}

function tellReady(fd: number, ready: Ready): void {
  writeSync(fd, `${JSON.stringify(ready)}\n`);
  closeSync(fd);
}
