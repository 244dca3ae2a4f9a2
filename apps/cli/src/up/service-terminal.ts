import { standardError, standardOutput } from '@hatchery/daemon';
import type { Invocation } from '../command.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { SupervisorLog } from './supervisor-log.ts';

/**
 * For a service: its words neither wait for whoever reads them, nor end it when nobody does or the
 * disk is full.
 */
export function serviceTerminal(
  { environment, hint }: Pick<Invocation, 'environment' | 'hint'>,
  log: SupervisorLog,
): Terminal {
  const output = standardOutput();
  standardError().regained = (lines, problem) =>
    log.say(`${lines} lines of this log were lost (${problem})`, 'warn');
  // Node's own listener writes them past any log.
  process
    .removeAllListeners('warning')
    .on('warning', ({ name, message }) => log.say(`${name}: ${message}`, 'warn'));
  return { environment, say: (line) => log.say(hint(line)), print: (text) => output.write(text) };
}
