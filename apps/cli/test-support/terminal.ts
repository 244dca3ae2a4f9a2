import type { Terminal } from '../src/terminal/terminal.ts';
import { runCommand } from '../src/run-command.ts';

/** What a command came to. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  /** Lines of standard error, each without its `hatchery: `. */
  readonly said: readonly string[];
}

/** Runs a command of the CLI in this process, as typed. */
export async function hatchery(...argv: string[]): Promise<Outcome> {
  let stdout = '';
  const said: string[] = [];
  const terminal: Terminal = {
    environment: { PATH: process.env['PATH'] },
    print: (text) => {
      stdout += text;
    },
    say: (line) => {
      said.push(line);
    },
  };
  const code = await runCommand(argv, terminal);
  return { code, stdout, said };
}
