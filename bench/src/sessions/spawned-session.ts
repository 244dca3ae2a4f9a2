import { spawn } from 'node:child_process';
import { sessionEndMsMax, stderrCharactersMax } from '../limits.ts';
import { plainEnvironment } from '../stand/environment.ts';
import { within } from './deadline.ts';
import { firstReply } from './first-reply.ts';
import type { OpenSession } from './session.ts';

/**
 * Sessions for which we start a process: a cold brz, or an ssh client. `home` is the process's home
 * directory.
 */
export function spawnedSessions(argv: readonly [string, ...string[]], home: string): OpenSession {
  const [program, ...words] = argv;
  const env = plainEnvironment(home);
  return async (signal) => {
    const startedAtMs = performance.now();
    const child = spawn(program, words, { env, cwd: home, signal, killSignal: 'SIGKILL' });
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, by) => resolve(by ?? `exit ${code}`));
    let stderr = '';
    child.stderr.on(
      'data',
      (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-stderrCharactersMax)),
    );
    const describe = (what: string): string =>
      [what, ...stderr.trim().split('\n')].filter(Boolean).join(': ');
    try {
      await firstReply(child.stdin, child.stdout, signal);
    } catch (error) {
      child.kill('SIGKILL');
      await ended;
      throw new Error(describe((error as Error).message), { cause: error });
    }
    const firstReplyMs = performance.now() - startedAtMs;
    const end = async (): Promise<void> => {
      child.stdin.end();
      const ending = await within(ended, sessionEndMsMax, 'it did not end with its input');
      if (ending !== 'exit 0') throw new Error(describe(`it ended with ${ending}`));
    };
    return { firstReplyMs, pid: child.pid ?? -1, end };
  };
}
