import { exitDone, expectWords, type Command } from './command.ts';
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
      await askService(invocation.config, 'POST', `/v1/${name}`, {
        actor: actor(),
        reason: invocation.options['reason'],
      });
      process.stdout.write(name === 'drain' ? 'draining: no new session is taken\n' : 'new sessions are taken again\n');
      return exitDone;
    },
  };
}
