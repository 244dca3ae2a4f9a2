import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Config } from '@hatchery/config';
import { processStartTime } from '@hatchery/daemon';
import { exitDone, exitFailed, expectWords, type Command, type Invocation } from './command.ts';
import { stopMarginMs } from './limits.ts';
import { readServicePid, writeServicePid } from './service-pid.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));

export const start: Command = {
  name: 'start',
  synopsis: '',
  summary: 'serve detached; returns when everything is ready, or prints the first error',
  options: {},
  run: startDetached,
};

export const stop: Command = {
  name: 'stop',
  synopsis: '',
  summary: 'drain and stop what start has started',
  options: {},
  run: stopDetached,
};

export const restart: Command = {
  name: 'restart',
  synopsis: '',
  summary: 'stop, then start',
  options: {},
  async run(invocation) {
    if (readServicePid(invocation.config) !== null) await stopDetached(invocation);
    return startDetached(invocation);
  },
};

async function startDetached(invocation: Invocation): Promise<number> {
  expectWords(invocation);
  const { config, place } = invocation;
  const running = readServicePid(config);
  if (running !== null) throw new Error(`it runs already (pid ${running.pid}); hatchery stop ends it`);
  const log = logFile(config);
  const output = openSync(log, 'a');
  const argv = [program, 'up', ...place, '--json', '--ready-fd', '3'];
  const service = spawn(process.execPath, argv, {
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
    cwd: '/',
  });
  const pid = service.pid;
  if (pid === undefined) throw new Error(`cannot run ${process.execPath}`);
  writeServicePid(config, pid);
  const ready = service.stdio[3] as Readable;
  let line = '';
  for await (const chunk of ready.setEncoding('utf8')) line += chunk as string;
  if (line === '') {
    process.stderr.write(`hatchery: ${lastError(log)}\n`);
    return exitFailed;
  }
  service.unref();
  process.stdout.write(`hatchery is up (pid ${pid}); its log is ${log}\n`);
  return exitDone;
}

async function stopDetached(invocation: Invocation): Promise<number> {
  expectWords(invocation);
  const { config } = invocation;
  const running = readServicePid(config);
  if (running === null) throw new Error('nothing runs that start has started');
  process.kill(running.pid, 'SIGTERM');
  const deadline = performance.now() + 1000 * config.forker.childrenTimeoutS + stopMarginMs;
  while (processStartTime(running.pid) === running.startTime) {
    if (performance.now() > deadline)
      throw new Error(`pid ${running.pid} has not ended; its log is ${logFile(config)}`);
    await delay(50);
  }
  process.stdout.write('hatchery has stopped\n');
  return exitDone;
}

function logFile(config: Config): string {
  mkdirSync(config.stateDirectory, { recursive: true });
  return join(config.stateDirectory, 'hatchery.log');
}

/** The first thing that went wrong in the last start. */
function lastError(log: string): string {
  const lines = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-40);
  const told = lines.find((line) => /^(hatchery|forker|ssh-gateway|dashboard): /.test(line));
  return told?.replace(/^hatchery: /, '') ?? `it ended before it was ready; its log is ${log}`;
}
