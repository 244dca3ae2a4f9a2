import { resolve } from 'node:path';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import {
  defaultConfigFile,
  loadConfig,
  nearest,
  type Config,
  type LoadOptions,
} from '@hatchery/config';
import { checkoutDirectory, commandHints } from '@hatchery/daemon';
import { readService } from './service/service-process.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Exit codes of every command. `lock` has 75 besides, EX_TEMPFAIL of sysexits(3). */
export const exitDone = 0;
export const exitFailed = 1;
export const exitUsage = 2;

/** One word after `hatchery`. */
export interface Command {
  readonly name: string;
  /** What follows the name, as in a synopsis. */
  readonly synopsis: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What its own help says of its options, a line each. */
  readonly details?: string;
  /** Options of its own; `--config`, `--state-dir` and `--help` are everybody's. */
  readonly options: ParseArgsOptionsConfig;
  /**
   * True of one that starts something by the configuration as it is written; the others ask what
   * runs, where that has its sockets.
   */
  readonly isByTheBook?: boolean;
  /** True of one that works whatever is wrong with the configuration. */
  readonly needsNoConfiguration?: boolean;
  /**
   * @throws {UsageError} for words it does not understand, and any Error with a one-line message
   * when it fails
   */
  run(invocation: Invocation): Promise<number>;
}

/** What a person typed, read; and where the answer goes. */
export interface Invocation extends Terminal {
  readonly config: Config;
  readonly words: readonly string[];
  readonly options: Options;
  /**
   * `--config` and `--state-dir` with their paths made absolute, to hand on to other parts: also a
   * configuration that was found, not named.
   */
  readonly place: readonly string[];
  /**
   * Gives the commands in a text the `--config` (or HATCHERY_CONFIG) and `--state-dir` that this
   * one was given, so that they are true. `say` does so by itself.
   */
  readonly hint: (text: string) => string;
}

/** Values of options by their names, as typed. */
export type Options = Readonly<Record<string, string | boolean | undefined>>;

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
  terminal: Terminal,
): Invocation | 'help' {
  const { values, positionals } = parse(command, argv);
  if (values['help'] === true) return 'help';
  const named = pathOf(values, 'config') ?? configFileOfEnvironment(terminal);
  const configFile = named ?? defaultConfigFile(checkoutDirectory);
  const stateDirectory = pathOf(values, 'state-dir');
  const options = { configFile, stateDirectory, directory: checkoutDirectory };
  const place = placeOf(configFile, stateDirectory);
  // Also what HATCHERY_CONFIG names: sudo and another shell do not have it. What is read without
  // being named need not be repeated.
  const hint = commandHints(placeOf(named, stateDirectory));
  const say = (line: string): void => terminal.say(hint(line));
  const typed = { ...terminal, say, hint, words: positionals, options: values, place };
  // Without a configuration the defaults hold, and nothing is read.
  if (command.needsNoConfiguration === true)
    return { ...typed, config: loadConfig({ directory: noDirectory }) };
  const written = loadConfig(options);
  return { ...typed, config: command.isByTheBook === true ? written : asItRuns(written, options) };
}

function placeOf(configFile: string | undefined, stateDirectory: string | undefined): string[] {
  return [
    ...(configFile === undefined ? [] : ['--config', configFile]),
    ...(stateDirectory === undefined ? [] : ['--state-dir', stateDirectory]),
  ];
}

/** Debian's name for a directory that never is (Debian policy, 9.2.3). */
const noDirectory = '/nonexistent';

/**
 * The one that every command reads without `--config`. Undefined: none is named, and the default
 * one is read if there is one.
 */
function configFileOfEnvironment({ environment }: Terminal): string | undefined {
  const named = environment['HATCHERY_CONFIG'];
  return named === undefined || named === '' ? undefined : resolve(named);
}

/** A running service is found by what it wrote, not by what its configuration says by now. */
function asItRuns(written: Config, options: LoadOptions): Config {
  const runtimeDirectory = readService(written)?.runtimeDirectory ?? written.runtimeDirectory;
  return runtimeDirectory === written.runtimeDirectory
    ? written
    : loadConfig({ ...options, runtimeDirectory });
}

/**
 * The words that must follow, by their names in the synopsis. @throws {UsageError} when there are
 * more or fewer
 */
export function expectWords<N extends string>(
  invocation: Invocation,
  ...names: N[]
): Record<N, string> {
  const { words } = invocation;
  if (words.length < names.length) throw new UsageError(`${names[words.length]} is missing`);
  if (words.length > names.length)
    throw new UsageError(`'${words[names.length]}' is one word too many`);
  return Object.fromEntries(names.map((name, index) => [name, words[index]])) as Record<N, string>;
}

/** Other processes get it with a working directory of their own. */
function pathOf(values: Options, name: string): string | undefined {
  const value = values[name];
  if (value === '') throw new UsageError(`--${name} is empty`);
  return typeof value === 'string' ? resolve(value) : undefined;
}

function parse(
  command: Command,
  argv: readonly string[],
): { values: Options; positionals: string[] } {
  const options: ParseArgsOptionsConfig = { ...everybodysOptions, ...command.options };
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    return { values: values as Options, positionals };
  } catch (error) {
    throw new UsageError(misunderstanding(error as NodeJS.ErrnoException, Object.keys(options)), {
      cause: error,
    });
  }
}

/** What `parseArgs` says in a line of ours; its own go on about positional arguments. */
function misunderstanding(
  { code, message }: NodeJS.ErrnoException,
  names: readonly string[],
): string {
  const [, option = ''] = /'(--?[^\s',=]+)/.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const meant = nearest(option.replace(/^-+/, ''), names);
    return `there is no option ${option}${meant === null ? '' : `; did you mean --${meant}?`}`;
  }
  return /does not take an argument/.test(message)
    ? `${longName(message)} takes no value`
    : `${longName(message)} needs a value`;
}

/** `Option '-h, --help' …` names both forms; the long one tells more. */
function longName(message: string): string {
  return /--[a-z][a-z-]*/.exec(message)?.[0] ?? message.split('\n', 1).join();
}
