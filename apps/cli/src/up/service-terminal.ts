import { standardError, standardOutput } from '@hatchery/daemon';
import type { Terminal } from '../terminal.ts';

/** For a service: its words neither wait for whoever reads them, nor end it when nobody does or the disk is full. */
export function serviceTerminal({ environment }: Terminal): Terminal {
  const [log, output] = [standardError(), standardOutput()];
  const say = (line: string): void => log.write(`hatchery: ${line}\n`);
  log.regained = (lines, problem) => say(`${lines} lines of this log were lost (${problem})`);
  return { environment, say, print: (text) => output.write(text) };
}
