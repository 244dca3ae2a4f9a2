import { ConfigError } from '@hatchery/config';
import {
  exitDone,
  exitFailed,
  exitUsage,
  readInvocation,
  UsageError,
  type Command,
  type Environment,
} from './command.ts';
import { commands } from './commands.ts';

/** Runs what was typed after `hatchery`; the exit code. */
export async function runCommand([name, ...argv]: readonly string[], environment: Environment): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return help(argv[0]);
  const command = commands.find((one) => one.name === name);
  if (command === undefined) return fail(`there is no command '${name}'; hatchery help lists them`, exitUsage);
  try {
    const invocation = readInvocation(command, argv, environment);
    return invocation === 'help' ? help(name) : await command.run(invocation);
  } catch (error) {
    if (error instanceof UsageError)
      return fail(`${name}: ${error.message}; hatchery help ${name} tells more`, exitUsage);
    if (error instanceof ConfigError) return fail(error.message, exitFailed);
    return fail(`${name}: ${(error as Error).message}`, exitFailed);
  }
}

function fail(message: string, code: number): number {
  process.stderr.write(`hatchery: ${message}\n`);
  return code;
}

function help(name: string | undefined): number {
  const command = commands.find((one) => one.name === name);
  process.stdout.write(command === undefined ? overview() : helpOf(command));
  return exitDone;
}

const scriptsOwn = [
  ['test [NAME…]', 'install what tests need, run every check and test'],
  ['bench [NAME…]', 'the benchmarks, each against its rivals'],
] as const;

function overview(): string {
  const lines = [...commands.map((one) => [`${one.name} ${one.synopsis}`.trim(), one.summary] as const), ...scriptsOwn];
  const width = Math.max(...lines.map(([synopsis]) => synopsis.length));
  const list = lines.map(([synopsis, summary]) => `  ${synopsis.padEnd(width)}  ${summary}`);
  return [
    'hatchery serves Bazaar and Breezy branches over SSH from forked workers.',
    '',
    ...list,
    '',
    'Every command takes --config FILE and --state-dir DIR; hatchery help COMMAND tells more.',
    '',
  ].join('\n');
}

function helpOf(command: Command): string {
  return `usage: hatchery ${`${command.name} ${command.synopsis}`.trim()} [--config FILE] [--state-dir DIR]\n\n${command.summary}\n`;
}
