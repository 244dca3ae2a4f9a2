import { exitDone, expectWords, UsageError, type Command } from '../command.ts';
import { actor, askService } from '../service/running-service.ts';

export const readOnly: Command = {
  name: 'read-only',
  synopsis: 'on --reason TEXT | off [--reason TEXT]',
  summary: 'refuse changes to all branches, for maintenance; reading continues',
  options: { reason: { type: 'string' } },
  async run(invocation) {
    const { 'on or off': word } = expectWords(invocation, 'on or off');
    if (word !== 'on' && word !== 'off')
      throw new UsageError(`on or off is expected, not '${word}'`);
    const { reason = word === 'off' ? 'not said' : undefined } = invocation.options;
    if (typeof reason !== 'string' || reason === '')
      throw new UsageError('--reason TEXT is missing: users who push read it');
    await askService(invocation.config, 'POST', '/v1/read-only', {
      on: word === 'on',
      actor: actor(invocation),
      reason,
    });
    invocation.print(
      word === 'on'
        ? 'read-only: no branch is changed from now on; reading goes on\n'
        : 'changes are taken again\n',
    );
    return exitDone;
  },
};
