import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeFlags, processStartTime } from '@hatchery/daemon';
import { controlRequest } from '@hatchery/event-feed';
import { exitDone, exitFailed, expectWords, type Command, type Invocation } from '../command.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import {
  startMsMax,
  stopAnswerMsMax,
  stopLookMs,
  stopMarginMs,
  urgentRepeatMs,
} from '../limits.ts';
import { hiddenRecords } from './records.ts';
import { resumeParts } from './resume.ts';
import { openServiceLog, serviceLogPath } from './service-log.ts';
import { actor } from './running-service.ts';
import { readService, type ServiceProcess } from './service-process.ts';
import { endKeeper } from '../up/end-keeper.ts';
import { describePlaces, type StartOutcome } from '../up/ready.ts';
import { supervisorSocketPath } from '../up/supervisor-socket.ts';
import { StopProgress } from './stop-progress.ts';
import { lives, namesOf, unsupervisedParts, type ProcessIdentity } from './unsupervised.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

export const start: Command = {
  name: 'start',
  isByTheBook: true,
  synopsis: '[--json]',
  summary:
    'serve in the background, or start stopped parts; returns when ready, or prints the error',
  options: { json: { type: 'boolean' } },
  run: startDetached,
};

export const stop: Command = {
  name: 'stop',
  synopsis: '[--now]',
  summary: 'drain and stop the service of this state directory; --now ends running sessions',
  options: { now: { type: 'boolean' } },
  run: stopRunning,
};

/**
 * Starts it and resolves when it serves, or has said why not; the exit code. Of a service that runs
 * it starts the parts that were stopped or fail. @throws when all of it runs already
 */
export async function startDetached(invocation: Invocation): Promise<number> {
  expectWords(invocation);
  const { config, place, environment } = invocation;
  const running = readService(config);
  if (running !== null) return resumeParts(invocation, running);
  tellOfLeft(invocation);
  const log = serviceLogPath(config);
  const output = openServiceLog(config);
  const argv = [...nodeFlags, program, 'up', ...place, '--ready-fd', '3'];
  const service = spawn(process.execPath, argv, {
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
    cwd: '/',
    env: environment,
  });
  closeSync(output);
  const late = setTimeout(() => service.kill('SIGTERM'), startMsMax);
  using interrupted = new Interrupted(() => service.kill('SIGTERM'));
  const line = await text(service.stdio[3] as Readable).finally(() => clearTimeout(late));
  if (interrupted.by !== null) {
    await untilEnded(invocation, ownProcess(service));
    throw new Error(`interrupted by ${interrupted.by}; nothing of it runs`);
  }
  const outcome = line === '' ? null : (JSON.parse(line) as StartOutcome);
  if (outcome?.event !== 'ready') {
    invocation.say(
      `start: ${outcome?.message ?? `it ended before it was ready; its log is ${log}`}`,
    );
    return exitFailed;
  }
  service.unref();
  const places = `hatchery is up (pid ${service.pid}); its log is ${log}\n${describePlaces(config, outcome, place)}`;
  invocation.print(invocation.options['json'] === true ? line : places);
  return exitDone;
}

/** The service that was started, as long as it lives. */
function ownProcess({ pid = 0 }: ChildProcess): readonly ProcessIdentity[] {
  const startTime = processStartTime(pid);
  return startTime === null ? [] : [{ pid, startTime }];
}

function tellOfLeft({ config, say }: Invocation): void {
  const left = unsupervisedParts(config);
  if (left.length > 0)
    say(
      `${namesOf(left)} run without a supervisor; new ones come up beside them, and their sessions go on`,
    );
}

/**
 * Asks it to stop and resolves when it has; the exit code. Parts that a killed supervisor has left
 * are waited for, since they stop already. @throws when nothing runs, or it takes too long
 */
export async function stopRunning(invocation: Invocation): Promise<number> {
  expectWords(invocation);
  const { config, say } = invocation;
  const running = readService(config);
  const left = unsupervisedParts(config);
  const hidden = running === null ? hiddenRecords(config) : null;
  if (hidden !== null) throw new Error(hidden);
  if (running !== null) {
    await askToStop(invocation, running);
    await untilEnded(invocation, [running]);
  } else if (left.length > 0) say(`the supervisor is gone; ${namesOf(left)} stop without it`);
  else if (!(await endLeftKeeper(invocation)))
    throw new Error(`nothing runs on ${config.stateDirectory}; hatchery start starts it`);
  // Beside the parts of the one that ran there can be those of a killed one before it.
  await untilEnded(invocation, unsupervisedParts(config));
  await endLeftKeeper(invocation);
  invocation.print('hatchery has stopped\n');
  return exitDone;
}

/**
 * Asks its supervisor, which writes down who that was; one that cannot be asked, as in the midst of
 * its start, by signal.
 */
async function askToStop(invocation: Invocation, running: ServiceProcess): Promise<void> {
  const socket = supervisorSocketPath(invocation.config);
  const body = { actor: actor(invocation) };
  await controlRequest(socket, 'POST', '/v1/stop', body, stopAnswerMsMax).catch(() =>
    signalIfAlive(running),
  );
}

/**
 * The keeper that is left when a fork service and its supervisor were both killed, once its
 * sessions have ended; false when there is none.
 */
async function endLeftKeeper({ config, options, say }: Invocation): Promise<boolean> {
  const deadline = performance.now() + 1000 * config.forker.childrenTimeoutS;
  const said = new Set<string>();
  const sayOnce = (line: string): void => {
    if (!said.has(line)) say(line);
    said.add(line);
  };
  for (;;) {
    const isUrgent = options['now'] === true || performance.now() > deadline;
    const outcome = await endKeeper(config, sayOnce, isUrgent ? 'end' : 'spare');
    if (outcome !== 'spared') return outcome === 'ended';
    await delay(stopLookMs);
  }
}

async function untilEnded(
  invocation: Invocation,
  processes: readonly ProcessIdentity[],
): Promise<void> {
  const { config, options } = invocation;
  const deadline = performance.now() + 1000 * config.forker.childrenTimeoutS + stopMarginMs;
  const progress = new StopProgress(invocation);
  const now = options['now'] === true;
  for (let left = processes; left.length > 0; left = left.filter(lives)) {
    if (performance.now() > deadline) {
      const pids = left.map(({ pid }) => pid).join(' and ');
      throw new Error(
        `pid ${pids} has not ended within its deadline; its log is ${serviceLogPath(config)}`,
      );
    }
    if (now) left.forEach(signalIfAlive);
    else await progress.look();
    await delay(now ? urgentRepeatMs : stopLookMs);
  }
}

/** Its pid is another one's as soon as it has ended. */
function signalIfAlive(one: ProcessIdentity): void {
  try {
    if (lives(one)) process.kill(one.pid, 'SIGTERM');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPERM')
      throw new Error(
        `pid ${one.pid} is not this user's; run it with sudo, or as the user that the service runs as`,
        {
          cause: error,
        },
      );
    if (code !== 'ESRCH') throw error;
  }
}
