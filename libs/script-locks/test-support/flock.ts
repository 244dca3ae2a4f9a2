import { spawn, type ChildProcess } from 'node:child_process';
import { within } from '@hatchery/testkit';

/** A process that holds the lock on a file by flock(1) until it is ended. */
export async function holdByFlock(path: string): Promise<ChildProcess & AsyncDisposable> {
  const holder = spawn('flock', ['--no-fork', path, 'sh', '-c', 'echo held; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await within('the holder', new Promise((resolve) => holder.stdout.once('data', resolve)));
  return Object.assign(holder, {
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => holder.once('exit', resolve));
      holder.kill('SIGKILL');
      await ended;
      holder.stdout.destroy();
    },
  });
}
