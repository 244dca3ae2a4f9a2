import { exitDone, expectWords, UsageError, type Command } from '../command.ts';
import { actor, askService } from '../running-service.ts';
import { visible } from '../table.ts';

/** Said before it is done, so that it stands on the screen whatever comes of it. */
const warning =
  'breaking by force: its holder, if it lives, is not told and goes on writing; two writers can damage the branch\n';

export const breakLock: Command = {
  name: 'break-lock',
  synopsis: 'LOCK [--force] --reason TEXT',
  summary: 'free a lock: ends a living holder first, or with --force breaks it under the holder',
  options: { reason: { type: 'string' }, force: { type: 'boolean' } },
  async run(invocation) {
    const { LOCK } = expectWords(invocation, 'LOCK');
    const { reason, force = false } = invocation.options;
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw new UsageError('--reason TEXT is missing: it goes into the audit');
    }
    if (force === true) process.stderr.write(`hatchery: break-lock: ${warning}`);
    const path = `/v1/locks/${encodeURIComponent(LOCK)}/break`;
    // The id names the acquisition that was looked at: another holder has another id, and is refused.
    const answer = await askService(invocation.config, 'POST', path, { actor: actor(invocation), reason, force });
    process.stdout.write(`lock ${LOCK}: ${visible((answer as { outcome: string }).outcome)}\n`);
    return exitDone;
  },
};
