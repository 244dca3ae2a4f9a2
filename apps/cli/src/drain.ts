import { exitDone, expectWords, UsageError, type Command } from './command.ts';
import { actor, askService } from './running-service.ts';

export const drain = drainCommand('drain', 'take no new session; those that run finish');
export const undrain = drainCommand('undrain', 'take new sessions again');

function drainCommand(name: 'drain' | 'undrain', summary: string): Command {
  return {
    name,
    synopsis: '[--reason TEXT]',
    summary,
    options: { reason: { type: 'string', default: 'not said' } },
    async run(invocation) {
      expectWords(invocation);
      const { reason } = invocation.options;
      if (reason === '') throw new UsageError('--reason is empty: it goes into the audit');
      await askService(invocation.config, 'POST', `/v1/${name}`, { actor: actor(invocation), reason });
      invocation.print(name === 'drain' ? 'draining: no new session is taken\n' : 'new sessions are taken again\n');
      return exitDone;
    },
  };
}
