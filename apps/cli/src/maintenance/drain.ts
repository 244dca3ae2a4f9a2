import { age } from '@hatchery/display';
import { drainDeadlineSMax } from '@hatchery/event-feed';
import { unsaidReason, type RunningSession } from '@hatchery/events';
import {
  exitDone,
  expectWords,
  UsageError,
  type Command,
  type Invocation,
  type Options,
} from '../command.ts';
import { awaitGateways } from './await-gateways.ts';
import { tellOldGateways } from './drain-old.ts';
import { findOldGateways, sessionsOfOld } from '../service/old-parts.ts';
import { gatewayState } from '../service/running-gateway.ts';
import { actor, askService } from '../service/running-service.ts';
import { table } from '../terminal/table.ts';

const commonOptions = {
  old: { type: 'boolean' },
  reason: { type: 'string', default: unsaidReason },
} as const;

export const drain: Command = {
  name: 'drain',
  synopsis: '[--old] [--deadline SECONDS] [--reason TEXT]',
  summary:
    'refuse new sessions; running ones may finish until the deadline (forker.children_timeout_s)',
  details: `--old          set a deadline only for the sessions that a restart still waits for; new sessions are accepted as before
--reason TEXT  users who are refused or disconnected during the drain read TEXT; the page shows it and the audit keeps it
A drain, its reason and its deadline hold over restarts, until hatchery undrain.`,
  options: { ...commonOptions, deadline: { type: 'string' } },
  async run(invocation) {
    expectWords(invocation);
    const who = intent(invocation);
    const deadlineS = readDeadline(invocation.options);
    if (invocation.options['old'] === true)
      return tellOldGateways(invocation, 'drain', { ...who, deadlineS });
    const before = (await sessionsNow(invocation, () => undefined)) ?? [];
    await askService(invocation.config, 'POST', '/v1/drain', { ...who, deadlineS });
    const deadline = await awaitGateways(invocation);
    invocation.print(
      invocation.hint('draining: no new session is taken; hatchery undrain takes this back\n'),
    );
    await showRest(invocation, before, deadline);
    return exitDone;
  },
};

export const undrain: Command = {
  name: 'undrain',
  synopsis: '[--old] [--reason TEXT]',
  summary: 'accept new sessions again',
  details: '--old  only take back the deadline of drain --old',
  options: commonOptions,
  async run(invocation) {
    expectWords(invocation);
    const who = intent(invocation);
    if (invocation.options['old'] === true) return tellOldGateways(invocation, 'undrain', who);
    await askService(invocation.config, 'POST', '/v1/undrain', who);
    await awaitGateways(invocation);
    invocation.print('new sessions are taken again\n');
    return exitDone;
  },
};

/** The sessions of all gateways; null without a gateway, since nobody is connected then. */
async function sessionsNow(
  { config }: Invocation,
  say: (line: string) => void,
): Promise<readonly RunningSession[] | null> {
  const [state, old] = await Promise.all([
    gatewayState(config).catch(() => null),
    findOldGateways(config),
  ]);
  return state === null ? null : [...state.sessions, ...sessionsOfOld(old, say)];
}

/**
 * Who still runs, also in old gateways, and until when. Those that ran before the order are among
 * them: at a deadline of 0 they are gone by now.
 */
async function showRest(
  invocation: Invocation,
  before: readonly RunningSession[],
  deadline: string | null,
): Promise<void> {
  const { print, say } = invocation;
  const now = await sessionsNow(invocation, say);
  if (now === null) return;
  const listed = new Set(now.map(({ sessionId }) => sessionId));
  const sessions = [...now, ...before.filter(({ sessionId }) => !listed.has(sessionId))];
  if (sessions.length === 0) return print('no session runs\n');
  const count = `${sessions.length} session${sessions.length === 1 ? '' : 's'}`;
  print(
    `${count} may finish until ${deadline ?? 'they end'}; then they are disconnected with a message\n`,
  );
  print(describeRest(sessions));
}

/** A table, one running session a row. */
function describeRest(sessions: readonly RunningSession[]): string {
  return table(
    ['USER', 'PEER', 'BRANCH', 'FOR', 'SESSION'],
    sessions.map(({ user, peer, branch, ageMs, sessionId }) => [
      user,
      peer,
      branch ?? '-',
      age(0, ageMs),
      sessionId,
    ]),
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
  if (
    typeof deadline === 'string' &&
    deadline.trim() !== '' &&
    seconds >= 0 &&
    seconds <= drainDeadlineSMax
  )
    return seconds;
  throw new UsageError(
    `--deadline takes seconds from 0 to ${drainDeadlineSMax}, not '${String(deadline)}'`,
  );
}
