import { constants } from 'node:os';
import { ControlError } from '@hatchery/event-feed';
import { exitDone, expectWords, UsageError, type Command } from './command.ts';
import { actor, askService } from './running-service.ts';

export const kill: Command = {
  name: 'kill',
  synopsis: 'CHILD [--signal SIGNAL] --reason TEXT',
  summary: 'signal a child and all its process group (SIGTERM by default)',
  options: { signal: { type: 'string', default: 'SIGTERM' }, reason: { type: 'string' } },
  async run(invocation) {
    const { CHILD } = expectWords(invocation, 'CHILD');
    const { reason } = invocation.options;
    if (typeof reason !== 'string' || reason.trim() === '')
      throw new UsageError('--reason TEXT is missing: it goes into the audit');
    const signal = signalName(String(invocation.options['signal']));
    const path = `/v1/children/${encodeURIComponent(CHILD)}/signal`;
    const body = { signal, reason, actor: actor(invocation) };
    const { outcome } = (await askService(invocation.config, 'POST', path, body).catch((error: unknown) => {
      throw error instanceof ControlError && error.status === 404 ? unknownChild(CHILD, error) : error;
    })) as { outcome: string };
    invocation.print(`${signal} to ${CHILD}: ${outcome}\n`);
    return exitDone;
  },
};

/** `TERM`, `sigterm` and `15` are SIGTERM, as for kill(1). @throws {UsageError} for what is no signal of this system */
export function signalName(typed: string): string {
  const upper = typed.toUpperCase();
  const found = Object.entries(constants.signals).find(
    ([name, number]) => name === upper || name === `SIG${upper}` || String(number) === typed,
  );
  if (found !== undefined) return found[0];
  throw new UsageError(`'${typed}' is no signal; take one as SIGTERM`);
}

function unknownChild(child: string, cause: Error): Error {
  return new Error(`there is no child ${child}; hatchery children lists those that run`, { cause });
}
