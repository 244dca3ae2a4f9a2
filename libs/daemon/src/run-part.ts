// Long: the life of every daemon, in the order in which it happens.
import { closeSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig, type Config } from '@hatchery/config';
import { FormatError } from '@hatchery/formats';
import { checkoutDirectory } from './checkout.ts';
import { beLastForKernel } from './last-for-kernel.ts';
import { createLogger, type Logger } from './log.ts';
import { jsonLogLine } from './log-line.ts';
import { standardError } from './log-output.ts';
import { readPartHalt, writePartHalt } from './part-halt.ts';
import { ownRecord, writePartRecord, type PartRecord } from './part-record.ts';
import { processStartTime } from './process-identity.ts';
import { PassedSockets, readPassedSockets, socketsOfSystemd } from './passed-sockets.ts';
import { DirectoryError } from './make-directories.ts';
import { keepRuntimeLink } from './runtime-link.ts';
import { StartError } from './start-error.ts';
import { versionedText } from './versioned-file.ts';

/** What a part's factory gets. */
export interface PartContext {
  readonly config: Config;
  readonly log: Logger;
  /** The part's own options, by their names, as typed. */
  readonly options: Readonly<Record<string, string | undefined>>;
  /**
   * Writes down that somebody has asked this part to stop, so that its supervisor leaves it
   * stopped; `by` is who and how, as `quit by uid 0`. Of a signal this is done already.
   */
  readonly stopAsked: (by: string) => void;
  /** Listening sockets that its supervisor or systemd opened for it. */
  readonly sockets: PassedSockets;
}

/** A part that is ready to serve: its factory resolves only then. */
export interface Part {
  /** Addresses and the like, for the person or program that waits for readiness. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Begins an orderly end. Called again with `urgent` on a second signal. */
  stop(urgent: boolean): void;
  /**
   * Resolves when the part has ended and everything it held is released; rejects when it cannot go
   * on.
   */
  readonly finished: Promise<void>;
}

/**
 * Runs one part in the foreground until it ends, and returns its exit code: 0 done, 1 failed, 2
 * wrong usage. `--ready-fd N` names a descriptor that gets one JSON line of the part's details when
 * it is ready, and is then closed (the readiness notification of s6,
 * https://skarnet.org/software/s6/notifywhenup.html). `--stop-with-stdin yes` stops the part at the
 * end of its standard input, so that it does not outlive whoever holds the other end. `--sockets`
 * names listening sockets of those in `socketNames` that the part inherits; without it those of
 * systemd are taken (sd_listen_fds(3)).
 */
export async function runPart(
  name: string,
  argv: readonly string[],
  create: (context: PartContext) => Promise<Part>,
  ownOptions: readonly string[] = [],
  socketNames: readonly string[] = [],
): Promise<number> {
  let read: ReturnType<typeof readArguments>;
  try {
    read = readArguments(argv, ownOptions);
  } catch (error) {
    standardError().write(`${name}: ${(error as Error).message}\n`);
    return error instanceof ConfigError ? 1 : 2;
  }
  const { config, readyFd, options } = read;
  const log = createLogger(name, config.log);
  const supervised = options['stop-with-stdin'] !== undefined;
  const stopAsked = (by: string): void => {
    if (supervised) noteStop(config, name, by, log);
  };
  beLastForKernel();
  try {
    using signals = new StopSignals(stopAsked);
    using _link = keepRuntimeLink(config, (err) => log.error({ err }, 'nobody finds the sockets'));
    const sockets = takeSockets(options['sockets'], socketNames);
    const part = await create({ config, log, options, stopAsked, sockets });
    using _record = await announceOrStop(name, part, { config, readyFd, supervised });
    signals.deliverTo((urgent) => part.stop(urgent));
    using _stdin = supervised ? onStdinEnd(() => part.stop(false)) : null;
    await part.finished;
    return 0;
  } catch (error) {
    if (!isTold(error)) {
      const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
      log.fatal({ err: error }, `unexpected error: ${line}`);
      // The supervisor quotes the last line, which is the end of a stack trace otherwise.
      if (config.log.format !== 'json')
        standardError().write(`${name}: unexpected error: ${line}\n`);
    } else if (config.log.format === 'json')
      standardError().write(jsonLogLine(name, 'fatal', error.message));
    else standardError().write(`${name}: ${error.message}\n`);
    return 1;
  }
}

/** An error whose message is for the operator as it stands. */
function isTold(error: unknown): error is Error {
  const told = [StartError, DirectoryError, FormatError];
  return told.some((kind) => error instanceof kind);
}

function readArguments(
  argv: readonly string[],
  ownOptions: readonly string[],
): { config: Config; readyFd: number | null; options: PartContext['options'] } {
  const { values } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      ['config', 'state-dir', 'ready-fd', 'stop-with-stdin', 'sockets', ...ownOptions].map(
        (name) => [name, { type: 'string' }],
      ),
    ),
  }) as { values: Record<string, string | undefined> };
  const readyFd = values['ready-fd'] === undefined ? null : Number(values['ready-fd']);
  if (readyFd !== null && !(Number.isInteger(readyFd) && readyFd > 2)) {
    throw new TypeError(
      `--ready-fd takes a descriptor number above 2, not '${values['ready-fd']}'`,
    );
  }
  const config = loadConfig({
    configFile: values['config'],
    stateDirectory: values['state-dir'],
    directory: checkoutDirectory,
  });
  return { config, readyFd, options: values };
}

/** @throws {StartError} when there is one that the part has no use for */
function takeSockets(option: string | undefined, names: readonly string[]): PassedSockets {
  const given =
    option === undefined ? socketsOfSystemd(process.env, process.pid) : readPassedSockets(option);
  // They are for this process; what it starts must not take them for its own.
  for (const variable of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'])
    delete process.env[variable];
  return new PassedSockets(given, names);
}

/** Where it is said that a part is ready, and what of it beside its details. */
interface Announcement {
  readonly config: Config;
  readonly readyFd: number | null;
  readonly supervised: boolean;
}

/** A part that nobody can find is no use: it ends again. @throws as {@link announce} */
async function announceOrStop(name: string, part: Part, place: Announcement): Promise<Disposable> {
  try {
    return announce(name, part, place);
  } catch (error) {
    part.stop(true);
    await part.finished;
    throw error;
  }
}

/** @throws {StartError} when it cannot be written down that the part is ready */
function announce(
  name: string,
  part: Part,
  { config, readyFd, supervised }: Announcement,
): Disposable {
  const record = ownRecord(name, part.details, supervised);
  const written = writeRecord(config, record);
  try {
    if (readyFd !== null) {
      writeSync(readyFd, versionedText('partRecord', record));
      closeSync(readyFd);
    }
  } catch (error) {
    written[Symbol.dispose]();
    throw new StartError(`nobody waits for it any more: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return written;
}

/**
 * The end itself does not depend on it: what cannot be written down looks like a crash to the
 * supervisor, which then starts the part again.
 */
function noteStop(config: Config, name: string, by: string, log: Logger): void {
  const startTime = processStartTime(process.pid) ?? 0;
  const at = new Date().toISOString();
  const own = { pid: process.pid, startTime };
  const before = readPartHalt(config, name);
  // The first cause counts.
  if (before?.pid === own.pid && before.startTime === startTime) return;
  try {
    writePartHalt(config, {
      name,
      state: 'stopped',
      at,
      reason: by,
      attempts: 0,
      nextTryAt: null,
      ...own,
    });
  } catch (err) {
    log.error(
      { err },
      'cannot write down that this part was asked to stop; its supervisor starts it again',
    );
  }
}

function writeRecord(config: Config, record: PartRecord): Disposable {
  try {
    return writePartRecord(config, record);
  } catch (error) {
    const { message } = error as Error;
    throw new StartError(`cannot write down that it runs: ${message}; see state_dir`, {
      cause: error,
    });
  }
}

/**
 * SIGTERM and SIGINT stop; the second one is urgent. The first one that comes while a part starts
 * is kept until the part can be stopped, for a start that is cut off would leave behind what it has
 * started so far.
 */
class StopSignals implements Disposable {
  #asked = 0;
  #stop: ((urgent: boolean) => void) | null = null;
  readonly #told: (by: string) => void;

  /** `told` hears the first one by its name. */
  constructor(told: (by: string) => void) {
    this.#told = told;
    process.on('SIGTERM', this.#take).on('SIGINT', this.#take);
  }

  deliverTo(stop: (urgent: boolean) => void): void {
    this.#stop = stop;
    if (this.#asked > 0) stop(false);
  }

  /**
   * Deaf, but there: another signal while the process winds up must not take the place of its exit
   * code.
   */
  [Symbol.dispose](): void {
    this.#stop = () => undefined;
  }

  readonly #take = (signal: NodeJS.Signals): void => {
    this.#asked += 1;
    if (this.#asked === 1) this.#told(signal);
    if (this.#stop !== null) this.#stop(this.#asked > 1);
    else if (this.#asked > 1) process.exit(1);
  };
}

function onStdinEnd(stop: () => void): Disposable {
  process.stdin.resume().once('end', stop);
  // An open standard input alone would keep the process alive after the part has ended.
  return { [Symbol.dispose]: () => void process.stdin.destroy() };
}
