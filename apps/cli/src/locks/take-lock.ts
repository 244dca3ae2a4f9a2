import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { foreignKernelLocks, openLockFile, type LockFile } from '@hatchery/script-locks';
import { lookMs } from './limits.ts';

/** What util-linux's flock is told to exit with when the lock stays with somebody else. */
const conflictCode = 75;

/** Where the lock's descriptor is in the process that locks it. */
const inheritedDescriptor = 3;

/**
 * Takes the lock, waiting for it if need be, and returns the descriptor that holds it; null when it stays with another.
 * Node cannot call flock(2). A lock belongs to the open file, not to the process that asked for it, so that util-linux's
 * flock(1) locks a descriptor that it inherits from us, ends, and leaves the lock with us (docs/decisions/0007).
 * @throws when the file cannot be opened, flock is missing, or `signal` aborts
 */
export async function takeLock(file: LockFile, waitMs: number, signal: AbortSignal): Promise<number | null> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const descriptor = openLockFile(file);
    try {
      const left = Math.max(0, deadline - performance.now());
      if (!(await flock(descriptor, left, signal))) return release(descriptor);
      if (foreignKernelLocks(descriptor).length === 0) return descriptor;
    } catch (error) {
      release(descriptor);
      throw error;
    }
    // Somebody holds it by fcntl(2), which flock(2) does not see and cannot wait for.
    release(descriptor);
    if (performance.now() >= deadline) return null;
    await delay(lookMs, undefined, { signal });
  }
}

function release(descriptor: number): null {
  closeSync(descriptor);
  return null;
}

async function flock(descriptor: number, waitMs: number, signal: AbortSignal): Promise<boolean> {
  const patience = waitMs === 0 ? ['--nonblock'] : ['--timeout', (waitMs / 1000).toFixed(3)];
  const words = ['--exclusive', ...patience, '--conflict-exit-code', String(conflictCode), String(inheritedDescriptor)];
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const locker = spawn('flock', words, { stdio: ['ignore', 'ignore', 'pipe', descriptor], signal });
  let complaint = '';
  locker.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  locker.on('error', (error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT';
    reject(missing ? new Error('flock is missing: apt-get install util-linux', { cause: error }) : error);
  });
  locker.on('close', (code, ending) => {
    if (code === 0) resolve(true);
    else if (code === conflictCode) resolve(false);
    else reject(new Error(`flock ended with ${ending ?? `exit ${code}`}: ${complaint.trim()}`));
  });
  return promise;
}
