import { randomUUID } from 'node:crypto';
import { closeSync, renameSync, rmSync } from 'node:fs';
import { constants, hostname, userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { createFile } from '@hatchery/daemon';
import type { Lock } from '@hatchery/events';
import { writeHolderRecord, type HolderRecord, type ProcessName } from '@hatchery/locks';
import {
  groupLives,
  holderPath,
  isHeldByOurJob,
  isLockName,
  lockNameCharactersMax,
  processFacts,
  readScriptLock,
  recordMode,
} from '@hatchery/script-locks';
import { exitUnavailable, UsageError, type Command, type Invocation } from '../command.ts';
import { visible } from '../table.ts';
import { directoryTrouble } from './directory-trouble.ts';
import { attemptsMax, introductionMsMax, lookMs } from './limits.ts';
import { runUnderLock, type Job } from './run-under-lock.ts';
import { SignalRelay } from './signal-relay.ts';
import { takeLock } from './take-lock.ts';

/** Tokens of the locks that the processes above hold, for the children of a holder; a claim that is checked. */
const tokensVariable = 'HATCHERY_LOCKS';

/** One wish for a lock. */
interface Wish {
  readonly directory: string;
  /** Of the lock's file. */
  readonly mode: number;
  readonly name: string;
  readonly waitMs: number;
  readonly words: Job['words'];
  readonly environment: Job['environment'];
  readonly signals: SignalRelay;
}

export const lock: Command = {
  name: 'lock',
  synopsis: 'NAME [--wait SECONDS] -- COMMAND…',
  summary: 'run a command under a global lock of this host; exit code 75 when another holds it',
  options: { wait: { type: 'string', default: '0' } },
  async run(invocation) {
    using signals = new SignalRelay();
    const wish = readWish(invocation, signals);
    try {
      return await tryToRun(wish, tokensOf(wish));
    } catch (error) {
      throw directoryTrouble(wish.directory, error);
    }
  },
};

async function tryToRun(wish: Wish, tokens: readonly string[]): Promise<number> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const job = isHeldByOurJob(wish.directory, wish.name, tokens);
    if (job !== null) return runUnderLock({ ...wish, descriptor: job.descriptor, started: () => undefined });
    const taken = await take(wish);
    if (typeof taken === 'number') return taken;
    if (taken !== null) return runHolding(wish, taken.descriptor, tokens);
    const holder = await findHolder(wish);
    if (holder !== null) return refuse(wish, holder);
  }
  process.stderr.write(`hatchery: lock ${wish.name} changes hands too fast; try again\n`);
  return exitUnavailable;
}

function readWish({ config, words, options, environment }: Invocation, signals: SignalRelay): Wish {
  const [name, file, ...argv] = words;
  if (name === undefined) throw new UsageError('NAME is missing');
  if (name.length > lockNameCharactersMax) {
    throw new UsageError(`the name of a lock has at most ${lockNameCharactersMax} characters, not ${name.length}`);
  }
  if (!isLockName(name)) {
    throw new UsageError(
      `'${visible(name)}' cannot name a lock: use letters, digits, '.', '_' and '-', and no dot in front`,
    );
  }
  if (file === undefined) throw new UsageError('COMMAND is missing: put it after --');
  const waitS = Number(options['wait']);
  if (!(waitS >= 0 && waitS <= 2_000_000)) {
    throw new UsageError(`--wait takes seconds from 0 to 2000000, not '${String(options['wait'])}'`);
  }
  return {
    directory: config.locks.directory,
    mode: config.locks.mode,
    name,
    waitMs: 1000 * waitS,
    words: [file, ...argv],
    environment,
    signals,
  };
}

function tokensOf({ environment }: Wish): string[] {
  return (environment[tokensVariable] ?? '').split(',').filter((token) => token !== '');
}

/** The lock, null when it stays with another, or an exit code when a signal ends the wait. */
async function take({ directory, mode, name, waitMs, signals }: Wish): Promise<{ descriptor: number } | number | null> {
  const waiting = new AbortController();
  signals.deliverTo((signal) => waiting.abort(signal));
  try {
    const descriptor = await takeLock({ directory, mode, name }, waitMs, waiting.signal);
    return descriptor === null ? null : { descriptor };
  } catch (error) {
    if (!waiting.signal.aborted) throw error;
    return 128 + constants.signals[waiting.signal.reason as NodeJS.Signals];
  } finally {
    signals.hold();
  }
}

async function runHolding(wish: Wish, descriptor: number, tokens: readonly string[]): Promise<number> {
  const { directory, name, words, environment, signals } = wish;
  const runner = ownName();
  const record: HolderRecord = {
    token: randomUUID(),
    process: runner,
    runner,
    user: userInfo().username,
    host: hostname(),
    command: words.join(' '),
    since: new Date().toISOString(),
  };
  const path = holderPath(directory, name);
  const canIntroduce = introduce(wish, record);
  let group: number | null = null;
  const started = (pid: number): void => {
    group = pid;
    // A command that has ended already has no start time any more, but may have left others in its group.
    if (canIntroduce) introduce(wish, { ...record, process: { pid, startTime: processFacts(pid)?.startTime ?? 0 } });
  };
  const inherited = { ...environment, [tokensVariable]: [...tokens, record.token].join(',') };
  try {
    return await runUnderLock({ words, environment: inherited, descriptor, signals, started });
  } finally {
    // While we hold the lock nobody else writes there. What the command left running keeps the lock, and its record.
    if (group === null || !groupLives(group)) rmSync(path, { force: true });
    closeSync(descriptor);
  }
}

/** Says who holds the lock. Without it the lock holds all the same, so that a failure is a warning, and false. */
function introduce({ directory, mode, name }: Wish, record: HolderRecord): boolean {
  const path = holderPath(directory, name);
  try {
    // A name that nobody can foresee, and a new file: somebody else's symlink is not written through.
    const whole = `${path}.${randomUUID()}`;
    createFile(whole, writeHolderRecord(record), recordMode(mode), 'wx');
    renameSync(whole, path);
    return true;
  } catch (error) {
    const { code = (error as Error).message } = error as NodeJS.ErrnoException;
    const remedy = `let those who share its locks write there, as with chmod a+rwxt ${directory}`;
    const line = `others see of its holder only what /proc tells: ${directory} takes no file of this user (${code}); ${remedy}`;
    process.stderr.write(`hatchery: lock: ${visible(line)}\n`);
    return false;
  }
}

function ownName(): ProcessName {
  const facts = processFacts(process.pid);
  if (facts === null) throw new Error('/proc is not mounted; hatchery needs it to name processes');
  return { pid: facts.pid, startTime: facts.startTime };
}

/** Who holds the lock; waits a moment for one that has only just taken it. Null when it is free by now. */
async function findHolder({ directory, name }: Wish): Promise<Lock | null> {
  const deadline = performance.now() + introductionMsMax;
  for (;;) {
    const found = readScriptLock(directory, name);
    if (found === null || typeof found.holder?.command === 'string' || performance.now() > deadline) return found;
    await delay(lookMs);
  }
}

function refuse({ name, waitMs }: Wish, { holder }: Lock): number {
  const { user, pid, command, since } = holder ?? { user: null, pid: null, command: null, since: null };
  const who = command === null ? 'a process that does not say who it is' : `${user ?? 'somebody'}: ${command}`;
  const remedy = waitMs === 0 ? 'wait for it with --wait SECONDS' : `${waitMs / 1000} s were not enough`;
  const line = `lock ${name} is held by ${who} (pid ${pid ?? 'unknown'}, since ${since ?? 'unknown'}); ${remedy}`;
  // Whoever may write in the directory chose these words.
  process.stderr.write(`hatchery: ${visible(line)}\n`);
  return exitUnavailable;
}
