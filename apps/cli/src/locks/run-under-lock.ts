import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { SignalRelay } from './signal-relay.ts';

/** What a command is run with. `descriptor` holds the lock, and goes to the command and all it starts. */
export interface Job {
  readonly words: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly descriptor: number | null;
  readonly signals: SignalRelay;
  /** Told the pid of the command, which leads a process group of that number. */
  readonly started: (pid: number) => void;
}

/**
 * Runs a command in a process group of its own and returns its exit status as a shell would: its code, or 128 and the
 * number of the signal it died of; 127 and 126 when it cannot be found or run. Signals go on to the whole group.
 */
export async function runUnderLock({ words, environment, descriptor, signals, started }: Job): Promise<number> {
  const [file, ...argv] = words;
  const { promise, resolve } = Promise.withResolvers<number>();
  // A session of its own is the only process group of its own that Node can make.
  const command = spawn(file, argv, {
    stdio: ['inherit', 'inherit', 'inherit', ...(descriptor === null ? [] : [descriptor])],
    env: environment,
    detached: true,
  });
  command.on('error', (error: NodeJS.ErrnoException) => {
    process.stderr.write(`hatchery: lock: cannot run ${file}: ${error.message}\n`);
    resolve(error.code === 'ENOENT' ? 127 : 126);
  });
  command.on('exit', (code, signal) => resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]));
  using _suspension = forward(command, signals);
  if (command.pid !== undefined) started(command.pid);
  return await promise;
}

function forward(command: ChildProcess, signals: SignalRelay): Disposable {
  const send = (signal: NodeJS.Signals): void => {
    // An exited command's group may live on, but its number is only ours while the leader is not reaped.
    if (command.pid !== undefined && command.exitCode === null && command.signalCode === null) {
      process.kill(-command.pid, signal);
    }
  };
  signals.deliverTo(send);
  const suspend = (): void => {
    // What another session ignores when a terminal sends it stops all the same this way.
    send('SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = (): void => send('SIGCONT');
  process.on('SIGTSTP', suspend).on('SIGCONT', resume);
  return { [Symbol.dispose]: () => void process.off('SIGTSTP', suspend).off('SIGCONT', resume) };
}
