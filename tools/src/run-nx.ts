import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { NxRun } from './select.ts';

/**
 * One more than there are cores: a test that waits for a browser or a service leaves its core idle.
 */
const parallelMax = availableParallelism() + 1;

/** No daemon, no cloud and no terminal interface, and all its data below the checkout. */
const settings = {
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
  NX_TUI: 'false',
  NX_ISOLATE_PLUGINS: 'false',
  NX_LOAD_DOT_ENV_FILES: 'false',
  NX_SKIP_NATIVE_FILE_CACHE: 'true',
};

/**
 * Runs Nx in `root`, printing as it goes. After a failed target Nx continues with all targets that
 * do not need its result. An abort makes it end what it has started. Resolves to whether Nx says
 * that all succeeded.
 */
export async function runNx(
  root: string,
  run: NxRun,
  useCache: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted) return false;
  const words = [
    'run-many',
    `--targets=${run.targets.join(',')}`,
    `--projects=${run.projects.join(',')}`,
    `--parallel=${parallelMax}`,
    '--output-style=static',
    ...(useCache ? [] : ['--skip-nx-cache']),
  ];
  const nx = spawn(process.execPath, [join(root, 'node_modules/nx/dist/bin/nx.js'), ...words], {
    cwd: root,
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // It passes the signal on to what it runs, which ends its own processes.
  const end = (): void => void nx.kill('SIGTERM');
  signal.addEventListener('abort', end);
  try {
    return await new Promise((resolve, reject) => {
      nx.once('error', reject);
      nx.once('exit', (code) => resolve(code === 0));
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}
