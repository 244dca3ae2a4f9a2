import { execFile } from 'node:child_process';
import { constants, closeSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemPython } from '@hatchery/config';
import { makeDirectories, modes, StartError } from '@hatchery/daemon';
import { recordingMsMax } from '../limits.ts';

const execute = promisify(execFile);

const recorder = fileURLToPath(new URL('../../zygote/trace_sessions.py', import.meta.url));

/**
 * Runs real sessions, and writes the modules they imported to the first of `places` that is
 * writable; returns its path.
 * @throws {StartError} with the reason: no place is writable, or a session failed
 */
export async function record(places: readonly string[], identity: string): Promise<string> {
  const path = firstWritable(places);
  try {
    // Without our own environment: an operator's PYTHONPATH or plugin path would change the
    // recording.
    await execute(systemPython, ['-E', '-s', '-X', 'utf8', recorder, path, identity], {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' },
      cwd: '/',
      timeout: recordingMsMax,
      killSignal: 'SIGKILL',
    });
    return path;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const reason = (stderr ?? '').trimEnd().split('\n').at(-1) || message.split('\n', 1).join();
    throw new StartError(`recording sessions failed: ${reason}`, { cause: error });
  }
}

function firstWritable(places: readonly string[]): string {
  const reasons: string[] = [];
  for (const path of places) {
    try {
      prove(path);
      return path;
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new StartError(`no place for it can be written: ${reasons.join('; ')}`);
}

/** Whether a file can be created beside it, with which the recording then replaces it. */
function prove(path: string): void {
  makeDirectories(dirname(path), modes.sessionsDirectory);
  const probe = `${path}.${process.pid}.probe`;
  closeSync(
    openSync(
      probe,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    ),
  );
  rmSync(probe);
}
