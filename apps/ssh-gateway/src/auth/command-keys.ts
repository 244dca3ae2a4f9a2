import { spawn } from 'node:child_process';
import { UnfitAccountError } from './key-source.ts';

export interface CommandKeysOptions {
  /**
   * A program and its arguments, in which `%u` is the user's name and `%%` a percent sign. No shell
   * runs it.
   */
  readonly command: readonly string[];
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

/** The most bytes of a command's output that an error message quotes. */
const errorCharactersMax = 300;

/**
 * Runs a command as sshd runs its AuthorizedKeysCommand. The output is lines of authorized_keys, or
 * one team a line; empty output means an unknown user.
 * @throws an Error when it fails, takes too long, or prints too much
 */
export async function runForLines(user: string, options: CommandKeysOptions): Promise<Buffer> {
  const [program = '', ...argv] = options.command.map((word) => expand(word, user));
  // In its own process group, so that everything the command started can be ended with it.
  const child = spawn(program, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { PATH: commandPath },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const stop = (reason: Error): void => {
    reject(reason);
    killGroup(child.pid);
    // A process that left the group may hold the pipes open for ever.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const deadline = setTimeout(
    () => stop(new Error(`it took longer than ${options.timeoutMs} ms`)),
    options.timeoutMs,
  );
  const output: Buffer[] = [];
  let length = 0;
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > options.answerBytesMax)
      stop(new UnfitAccountError(`it printed more than ${options.answerBytesMax} bytes`));
    else output.push(chunk);
  });
  child.stderr.on(
    'data',
    (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-errorCharactersMax)),
  );
  child.once('error', reject);
  child.once('close', (code, signal) => {
    if (code === 0) resolve(Buffer.concat(output));
    else
      reject(
        new Error(
          `it ended with ${signal ?? `status ${code}`}${complaint === '' ? '' : `: ${complaint.trim()}`}`,
        ),
      );
  });
  try {
    return await promise;
  } finally {
    clearTimeout(deadline);
  }
}

/** The gateway's environment may hold values that the command must not see. */
const commandPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function expand(word: string, user: string): string {
  return word.replace(/%(.)/g, (whole, letter: string) =>
    letter === 'u' ? user : letter === '%' ? '%' : whole,
  );
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has already ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
