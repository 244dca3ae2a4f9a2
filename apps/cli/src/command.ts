import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { loadConfig, type Config } from '@hatchery/config';
import { checkoutDirectory } from '@hatchery/daemon';

/** Exit codes of every command (sysexits(3) for the last). */
export const exitDone = 0;
export const exitFailed = 1;
export const exitUsage = 2;
/** EX_TEMPFAIL: another one has what this one needs. */
export const exitUnavailable = 75;

/** One word after `hatchery`. */
export interface Command {
  readonly name: string;
  /** What follows the name, as in a synopsis. */
  readonly synopsis: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Options of its own; `--config`, `--state-dir` and `--help` are everybody's. */
  readonly options: ParseArgsOptionsConfig;
  /** @throws {UsageError} for words it does not understand, and any Error with a one-line message when it fails */
  run(invocation: Invocation): Promise<number>;
}

/** What a person typed, read. */
export interface Invocation {
  readonly config: Config;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** `--config` and `--state-dir` as typed, to hand on to other parts. */
  readonly place: readonly string[];
  /** The environment of the command, for what it starts. */
  readonly environment: Environment;
}

/** Variables and their values, as main.ts took them from the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Words that the command does not understand: exit 2. */
export class UsageError extends Error {
  readonly code = 'usage';
  readonly fault = 'client';
}

const everybodysOptions = {
  config: { type: 'string' },
  'state-dir': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig;

/** Reads the words after the command's name. @throws {UsageError} @throws {ConfigError} */
export function readInvocation(
  command: Command,
  argv: readonly string[],
  environment: Environment,
): Invocation | 'help' {
  const { values, positionals } = parse(command, argv);
  if (values['help'] === true) return 'help';
  const configFile = values['config'] as string | undefined;
  const stateDirectory = values['state-dir'] as string | undefined;
  const config = loadConfig({ configFile, stateDirectory, directory: checkoutDirectory });
  const place = [
    ...(configFile === undefined ? [] : ['--config', configFile]),
    ...(stateDirectory === undefined ? [] : ['--state-dir', stateDirectory]),
  ];
  return { config, words: positionals, options: values, place, environment };
}

function parse(
  command: Command,
  argv: readonly string[],
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  try {
    const options = { ...everybodysOptions, ...command.options };
    const read = parseArgs({ args: [...argv], options, allowPositionals: true });
    return read as { values: Record<string, string | boolean | undefined>; positionals: string[] };
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** The words that must follow, by their names in the synopsis. @throws {UsageError} when there are more or fewer */
export function expectWords<N extends string>(invocation: Invocation, ...names: N[]): Record<N, string> {
  const { words } = invocation;
  if (words.length < names.length) throw new UsageError(`${names[words.length]} is missing`);
  if (words.length > names.length) throw new UsageError(`'${words[names.length]}' is one word too many`);
  return Object.fromEntries(names.map((name, index) => [name, words[index]])) as Record<N, string>;
}
