import { ConfigError, nearest } from '@hatchery/config';
import { quote } from '@hatchery/daemon';
import {
  exitDone,
  exitFailed,
  exitUsage,
  readInvocation,
  UsageError,
  type Command,
} from './command.ts';
import { commandGroups, commands } from './commands.ts';
import { messageOf } from './terminal/denied.ts';
import { NotRunningError } from './service/running-service.ts';
import type { Terminal } from './terminal/terminal.ts';
import { describeVersions, readVersions } from './version.ts';

const scriptsOwn = [
  ['test [NAME…]', 'install what the tests need, then run every check and test'],
  ['bench [NAME…]', 'run the benchmarks, each against its rivals'],
] as const;

/** Runs what was typed after `hatchery`; the exit code. */
export async function runCommand(
  [name, ...argv]: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h')
    return help(argv[0], terminal);
  if (name === '--version' || name === '-V') {
    terminal.print(describeVersions(readVersions()));
    return exitDone;
  }
  const command = find(name);
  if (command === undefined) return refuseUnknown(name, terminal);
  let { say } = terminal;
  let place: readonly string[] = [];
  try {
    const invocation = readInvocation(command, argv, terminal);
    if (invocation !== 'help') ({ place, say } = invocation);
    return invocation === 'help' ? help(name, terminal) : await command.run(invocation);
  } catch (error) {
    const message = messageOf(error);
    if (error instanceof UsageError) {
      say(`${name}: ${message}; hatchery help ${name} tells more`);
      return exitUsage;
    }
    const advice = error instanceof NotRunningError && !error.isAdvised ? adviceToStart(place) : '';
    say(error instanceof ConfigError ? message : `${name}: ${message}${advice}`);
    return exitFailed;
  }
}

/** The command that starts the instance that was asked for, and not the default one. */
function adviceToStart(place: readonly string[]): string {
  const words = place.map((word) => ` ${quote(word)}`).join('');
  return `; start one with ./hatchery up${words}, or name another with --state-dir`;
}

function find(name: string): Command | undefined {
  return commands.find((one) => one.name === name);
}

function refuseUnknown(name: string, terminal: Terminal): number {
  const meant = nearest(
    name,
    commands.map((one) => one.name),
  );
  const advice = meant === null ? 'hatchery help lists them' : `did you mean ${meant}?`;
  terminal.say(`there is no command '${name}'; ${advice}`);
  return exitUsage;
}

function help(name: string | undefined, terminal: Terminal): number {
  const command = name === undefined ? undefined : find(name);
  const own = scriptsOwn.find(([synopsis]) => synopsis.split(' ')[0] === name);
  if (command !== undefined) terminal.print(helpOf(command));
  else if (own !== undefined) terminal.print(`usage: hatchery ${own[0]}\n\n${own[1]}\n`);
  else if (name !== undefined) return refuseUnknown(name, terminal);
  else terminal.print(overview());
  return exitDone;
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const line = (name: string, summary: string): string => `  ${name.padEnd(width)}  ${summary}`;
  const list = [
    ...commandGroups.map((group) => ({
      title: group.title,
      lines: group.commands.map(({ name, summary }) => line(name, summary)),
    })),
    {
      title: 'Development',
      lines: scriptsOwn.map(([synopsis, summary]) =>
        line(synopsis.split(' ', 1)[0] ?? '', summary),
      ),
    },
  ].flatMap(({ title, lines }) => ['', `${title}:`, ...lines]);
  return [
    'hatchery serves Bazaar and Breezy branches over SSH. Each session runs in a forked child.',
    ...list,
    '',
    "Run hatchery help COMMAND, or hatchery COMMAND --help (-h), for a command's arguments and options.",
    'Run hatchery --version for the installed versions. Every command takes --config FILE and --state-dir DIR.',
    'Without --config a command reads the file that HATCHERY_CONFIG names, else hatchery.toml in the checkout,',
    'else /etc/hatchery.toml. If none of these files exists, the command uses the defaults.',
    '',
  ].join('\n');
}

function helpOf({ name, synopsis, summary, details }: Command): string {
  const usage = `usage: hatchery ${`${name} ${synopsis}`.trim()} [--config FILE] [--state-dir DIR]`;
  return `${[usage, summary, ...(details === undefined ? [] : [details])].join('\n\n')}\n`;
}
