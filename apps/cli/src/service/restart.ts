import { expectWords, type Command, type Invocation } from '../command.ts';
import { hiddenRecords } from './records.ts';
import { replaceParts } from './replace-parts.ts';
import { readService } from './service-process.ts';
import { startDetached, stopRunning } from './start-stop.ts';
import { unsupervisedParts } from './unsupervised.ts';

export const restart: Command = {
  name: 'restart',
  isByTheBook: true,
  synopsis: '[--now]',
  summary: 'start the new code and configuration, then drain the old; --now stops, then starts',
  options: { now: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const running = readService(invocation.config);
    if (running === null) return startBesideLeft(invocation);
    if (invocation.options['now'] !== true)
      return replaceParts(invocation, running.runtimeDirectory);
    if (!running.detached)
      throw new Error(
        `pid ${running.pid} was not started by hatchery start; stop and start it where it runs`,
      );
    await stopRunning(invocation);
    return startDetached(invocation);
  },
};

/**
 * Parts that a killed supervisor has left are succeeded by a start. @throws when nothing runs at
 * all
 */
function startBesideLeft(invocation: Invocation): Promise<number> {
  const { config } = invocation;
  if (unsupervisedParts(config).length === 0)
    throw new Error(
      hiddenRecords(config) ?? `nothing runs on ${config.stateDirectory}; hatchery start starts it`,
    );
  return startDetached(invocation);
}
