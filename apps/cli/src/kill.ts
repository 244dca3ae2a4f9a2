import { exitDone, expectWords, UsageError, type Command } from './command.ts';
import { actor, askService } from './running-service.ts';

export const kill: Command = {
  name: 'kill',
  synopsis: 'CHILD [--signal SIGNAL] --reason TEXT',
  summary: 'signal a child and all its process group (SIGTERM by default)',
  options: { signal: { type: 'string', default: 'SIGTERM' }, reason: { type: 'string' } },
  async run(invocation) {
    const { CHILD } = expectWords(invocation, 'CHILD');
    const { reason, signal } = invocation.options;
    if (typeof reason !== 'string') throw new UsageError('--reason TEXT is missing: it goes into the audit');
    const name = String(signal).toUpperCase();
    const body = { signal: name.startsWith('SIG') ? name : `SIG${name}`, reason, actor: actor() };
    const path = `/v1/children/${encodeURIComponent(CHILD)}/signal`;
    const { outcome } = (await askService(invocation.config, 'POST', path, body)) as { outcome: string };
    process.stdout.write(`${body.signal} to ${CHILD}: ${outcome}\n`);
    return exitDone;
  },
};
