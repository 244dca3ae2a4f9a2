import { age } from './age.ts';
import { exitDone, expectWords, UsageError, type Command, type Invocation, type Options } from './command.ts';
import { askGateway, gatewayState, type RunningSession } from './running-gateway.ts';
import { actor, askService, NotRunningError } from './running-service.ts';
import { table } from './table.ts';

/** A week, as the gateway has it. */
const deadlineSMax = 604_800;

const reasonOption = { reason: { type: 'string', default: 'not said' } } as const;

export const drain: Command = {
  name: 'drain',
  synopsis: '[--deadline SECONDS] [--reason TEXT]',
  summary: 'take no new session; those that run finish until the deadline (forker.children_timeout_s)',
  options: { ...reasonOption, deadline: { type: 'string' } },
  async run(invocation) {
    expectWords(invocation);
    const who = intent(invocation);
    const deadlineS = readDeadline(invocation.options);
    // The door first: the fork service would refuse those whom the gateway has just let in.
    await tellBoth(invocation, [
      () => askGateway(invocation.config, 'POST', '/v1/drain', { ...who, deadlineS }),
      () => askService(invocation.config, 'POST', '/v1/drain', who),
    ]);
    invocation.print('draining: no new session is taken; hatchery undrain takes this back\n');
    await showRest(invocation);
    return exitDone;
  },
};

export const undrain: Command = {
  name: 'undrain',
  synopsis: '[--reason TEXT]',
  summary: 'take new sessions again',
  options: reasonOption,
  async run(invocation) {
    expectWords(invocation);
    const who = intent(invocation);
    await tellBoth(invocation, [
      () => askService(invocation.config, 'POST', '/v1/undrain', who),
      () => askGateway(invocation.config, 'POST', '/v1/undrain', who),
    ]);
    invocation.print('new sessions are taken again\n');
    return exitDone;
  },
};

/** Asks in order. One that does not run takes nothing anyway, which is said. @throws when one refuses, or none runs */
async function tellBoth({ say }: Invocation, requests: readonly (() => Promise<unknown>)[]): Promise<void> {
  const absent: Error[] = [];
  for (const request of requests)
    await request().catch((error: unknown) => {
      if (!(error instanceof NotRunningError)) throw error;
      absent.push(error);
    });
  if (absent[0] !== undefined && absent.length === requests.length) throw absent[0];
  for (const { message } of absent) say(message);
}

/** Who still runs, and until when. Silent without a gateway: then nobody is connected. */
async function showRest({ config, print }: Invocation): Promise<void> {
  const state = await gatewayState(config).catch(() => null);
  if (state === null) return;
  const { sessions, drainDeadline } = state;
  if (sessions.length === 0) return print('no session runs\n');
  const count = `${sessions.length} session${sessions.length === 1 ? '' : 's'}`;
  print(`${count} may finish until ${drainDeadline ?? 'they end'}; then they are disconnected with a message\n`);
  print(describeRest(sessions));
}

/** A table, one running session a row. */
function describeRest(sessions: readonly RunningSession[]): string {
  return table(
    ['USER', 'PEER', 'BRANCH', 'FOR', 'SESSION'],
    sessions.map(({ user, peer, branch, ageMs, sessionId }) => [user, peer, branch ?? '-', age(0, ageMs), sessionId]),
  );
}

function intent(invocation: Invocation): { readonly actor: string; readonly reason: string } {
  const reason = String(invocation.options['reason']);
  if (reason.trim() === '') throw new UsageError('--reason is empty: it goes into the audit');
  return { actor: actor(invocation), reason };
}

function readDeadline({ deadline }: Options): number | undefined {
  if (deadline === undefined) return undefined;
  const seconds = Number(deadline);
  if (typeof deadline === 'string' && deadline.trim() !== '' && seconds >= 0 && seconds <= deadlineSMax) return seconds;
  throw new UsageError(`--deadline takes seconds from 0 to ${deadlineSMax}, not '${String(deadline)}'`);
}
