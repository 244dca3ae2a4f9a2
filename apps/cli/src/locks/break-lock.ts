import { visible } from '@hatchery/display';
import type { Lock } from '@hatchery/events';
import { exitDone, expectWords, UsageError, type Command, type Invocation } from '../command.ts';
import { actor, askService, serviceState } from '../service/running-service.ts';
import { findNamedLock, isWholeId, NoSuchLockError } from './find-named-lock.ts';
import { answerMsMax } from './limits.ts';

/** Printed before anything is done, so that it stays on the screen whatever happens. */
const warning =
  'break-lock: breaking by force: its holder, if it lives, is not told and goes on writing; two writers can damage the branch';

export const breakLock: Command = {
  name: 'break-lock',
  synopsis: 'LOCK [--force] --reason TEXT',
  summary: 'free a lock: end its living holder first, or with --force break it under the holder',
  details:
    'LOCK is an id that hatchery locks shows, the beginning of such an id, or the name of a branch that has only one lock.',
  options: { reason: { type: 'string' }, force: { type: 'boolean' } },
  async run(invocation) {
    const { LOCK } = expectWords(invocation, 'LOCK');
    const { reason, force = false } = invocation.options;
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw new UsageError('--reason TEXT is missing: it goes into the audit');
    }
    const { id, known } = await find(invocation, LOCK);
    if (force === true) invocation.say(warning);
    // The id names the acquisition that the operator saw: another holder has another id, and the
    // break is refused.
    const wish = { actor: actor(invocation), reason, force };
    const answer = await askService(invocation.config, 'POST', `/v1/locks/${id}/break`, wish);
    const name = known === null || id === LOCK ? '' : ` (${known.kind} ${known.name})`;
    invocation.print(
      visible(`lock ${id}${name}: ${(answer as { outcome: string }).outcome}`) + '\n',
    );
    return exitDone;
  },
};

interface Found {
  readonly id: string;
  readonly known: Lock | null;
}

/**
 * An id that is no longer a lock's goes to the service anyway, which knows what happened to the
 * lock.
 */
async function find({ config }: Invocation, text: string): Promise<Found> {
  const { view } = await serviceState(config, answerMsMax);
  const known = findNamedLock(Object.values(view.locks), text);
  if (known !== null) return { id: known.id, known };
  if (isWholeId(text)) return { id: text, known: null };
  throw new NoSuchLockError(text);
}
