import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemPython } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';
import { keeperStartMsMax } from '../limits.ts';

const keeperScript = fileURLToPath(new URL('../../zygote/keeper.py', import.meta.url));

/**
 * Starts a keeper that outlives us, and resolves when it can be connected to.
 * @throws {StartError} when it ends or says nothing
 */
export async function startKeeper(runtimeDirectory: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // A session of its own: neither our terminal's Ctrl-C nor our death reaches it.
  const keeper = spawn(systemPython, ['-E', '-s', '-X', 'utf8', keeperScript, runtimeDirectory], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
  });
  const deadline = setTimeout(() => {
    keeper.kill('SIGKILL');
    reject(new StartError(`the keeper was not ready within ${keeperStartMsMax / 1000} s`));
  }, keeperStartMsMax);
  keeper.on('error', (error) => {
    reject(
      new StartError(`cannot run ${systemPython}: ${error.message}; install Debian's python3`, {
        cause: error,
      }),
    );
  });
  keeper.on('exit', (code, signal) => {
    reject(
      new StartError(
        `the keeper ended with ${signal ?? `exit ${code}`} before it was ready; see the lines above`,
      ),
    );
  });
  keeper.stdout.setEncoding('utf8').once('data', (said: string) => {
    if (said === 'ready\n') resolve();
    else reject(new StartError(`the keeper ended before it was ready: ${said.trim()}`));
  });
  try {
    await promise;
  } finally {
    clearTimeout(deadline);
    keeper.stdout.destroy();
    keeper.removeAllListeners('exit');
    keeper.unref();
  }
}
