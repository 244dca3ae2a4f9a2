import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import {
  nodeFlags,
  ownCapabilities,
  readLogLine,
  writePassedSockets,
  type PartRecord,
  type PassedSocket,
} from '@hatchery/daemon';
import { partPrograms, type PartName } from '../service/part.ts';
import { partStartMsMax } from '../limits.ts';
import { passOn } from './pass-on.ts';
import type { SupervisorLog } from './supervisor-log.ts';

/** One process of a part that has become ready. */
export interface PartProcess {
  readonly name: PartName;
  readonly pid: number;
  /** With the pid it names the process for good. */
  readonly startTime: number;
  /** What it said of itself: addresses and the like. */
  readonly details: Readonly<Record<string, unknown>>;
  /** How it ended, in words. Never rejects. */
  readonly ended: Promise<string>;
  signal(signal: NodeJS.Signals): void;
}

/** Where parts run. */
export interface Place {
  /** `--config` and `--state-dir`, as every part takes them. */
  readonly words: readonly string[];
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** What a part listens on. */
  readonly sockets: (name: PartName) => readonly PassedSocket[];
  /** Where it goes what they say. */
  readonly log: SupervisorLog;
  /**
   * Which parts change users, and so keep the capabilities that the service has been given for
   * that.
   */
  readonly changesUsers: (name: PartName) => boolean;
}

/**
 * The program and its first words: a part that changes no user gives up the capabilities of the
 * unit, and faces the network with none (capabilities(7), "Ambient"). What root has is root's by
 * another rule, which this leaves alone.
 */
function programOf(name: PartName, place: Place): readonly [string, ...string[]] {
  return place.changesUsers(name) ? [process.execPath] : withoutCapabilities();
}

/** The same for whatever else faces the network. */
export function withoutCapabilities(): readonly [string, ...string[]] {
  if (ownCapabilities('CapAmb') === 0n) return [process.execPath];
  return ['/usr/bin/setpriv', '--inh-caps=-all', '--ambient-caps=-all', '--', process.execPath];
}

/** A part that ended before it was ready; the message holds what it said on stderr. */
export class PartStartError extends Error {
  readonly code = 'part_start_failed';
  readonly fault = 'system';
  /** Whether these are the part's own words, which stand in the log already. */
  readonly isSaid: boolean;

  constructor(message: string, isSaid = false) {
    super(message);
    this.isSaid = isSaid;
  }
}

/**
 * Beside one that runs, it shares what that has, or takes it over; who wants that is for the audit.
 */
export type Manner = 'fresh' | { readonly besideFor: string };

/** What that means for a part. */
function mannerOptions(name: PartName, manner: Manner): readonly string[] {
  if (manner === 'fresh') return [];
  return name === 'forker' ? [`--take-over=${manner.besideFor}`] : ['--overlap', 'yes'];
}

/**
 * The descriptor of the first socket in a process that gets some: after the standard streams and
 * the one for readiness.
 */
const firstSocketFd = 4;

/** Sockets by the descriptors that they have in the process which gets them. */
export function inChild<T extends PassedSocket>(
  sockets: readonly T[],
): (Pick<T, 'name'> & { readonly fd: number })[] {
  return sockets.map(({ name }, index) => ({ name, fd: firstSocketFd + index }));
}

/** Lines of stderr that a failed start is explained with. */
const explainingLinesMax = 20;

/**
 * Starts a part and resolves when it is ready. It writes to our stderr, has a session of its own
 * (the terminal's Ctrl-C is ours to pass on), and ends when we do, since its standard input then
 * ends.
 * @throws {PartStartError}
 */
export async function startPart(
  name: PartName,
  place: Place,
  aborted: AbortSignal,
  manner: Manner = 'fresh',
): Promise<PartProcess> {
  if (aborted.aborted) throw new PartStartError(`${name} was not started: the service stops`);
  const argv = [
    ...nodeFlags,
    partPrograms[name],
    ...place.words,
    '--ready-fd',
    '3',
    '--stop-with-stdin',
    'yes',
  ];
  argv.push(...mannerOptions(name, manner));
  const sockets = place.sockets(name);
  if (sockets.length > 0) argv.push('--sockets', writePassedSockets(inChild(sockets)));
  const [program, ...words] = programOf(name, place);
  const child = spawn(program, [...words, ...argv], {
    detached: true,
    stdio: ['pipe', 'inherit', 'pipe', 'pipe', ...sockets.map(({ fd }) => fd)],
    env: place.environment,
  });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(signal === null ? `exit ${code}` : signal));
  });
  if (child.pid === undefined)
    throw new PartStartError(`${name} cannot be started: ${await ended}`);
  // A part that has ended closes its end of this; the write side is never used.
  (child.stdio[0] as Writable).on('error', () => undefined);
  const stderr = passOn(name, child.stderr, place.log, explainingLinesMax);
  const abort = (): void => void child.kill('SIGTERM');
  aborted.addEventListener('abort', abort);
  const late = setTimeout(() => child.kill('SIGKILL'), partStartMsMax);
  try {
    const line = await Promise.race([readAll(child.stdio[3] as Readable), ended.then(() => '')]);
    if (line === '') throw explain(name, await ended, stderr());
    const { pid, startTime, details } = JSON.parse(line) as PartRecord;
    return { name, pid, startTime, details, ended, signal: (signal) => void child.kill(signal) };
  } catch (error) {
    // Nobody knows of it but us: whatever went wrong, it does not run on.
    child.kill('SIGKILL');
    await ended;
    throw error;
  } finally {
    clearTimeout(late);
    aborted.removeEventListener('abort', abort);
  }
}

/**
 * By its own last word on that, as text or as a fatal line in JSON; else by whatever it said last.
 */
function explain(name: string, ending: string, stderr: readonly string[]): PartStartError {
  const own = stderr.map((line) => ownWord(name, line)).findLast((word) => word !== null);
  const last = stderr.at(-1) ?? 'none';
  const words = readLogLine(last)?.msg ?? last;
  if (own !== undefined && own !== null) return new PartStartError(own, true);
  return new PartStartError(
    `${name} ended with ${ending} before it was ready; its last words: ${words}`,
  );
}

function ownWord(name: string, line: string): string | null {
  if (line.startsWith(`${name}: `)) return line;
  const logged = readLogLine(line);
  return logged?.level === 'fatal' ? `${name}: ${logged.msg}` : null;
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk as string;
  return text;
}
