import assert from 'node:assert/strict';
import {
  attachChild,
  forkChild,
  ForkerUnavailableError,
  type ForkedChild,
} from '@hatchery/forker-client';
import { until, within, type ForkerProcess } from '@hatchery/testkit';

/** One session among many: a real child with its pipes open, and how it is going to end. */
export interface Session {
  readonly child: ForkedChild;
  /** The raw status it must end with. */
  readonly status: number;
  /** Brings it to its end. */
  readonly finish: () => void;
}

/** What children do before and at their end, with the raw status of it. */
const kinds = [
  { command: ['launchpad-replay'], say: '1 ready\n', hear: 'ready\n', last: '', status: 0 },
  {
    command: ['serve', '--inet', '--directory=/nowhere'],
    say: 'hello\n',
    hear: 'ok\x012\n',
    last: '',
    status: 0,
  },
  {
    command: ['launchpad-replay'],
    say: '1 ready\n',
    hear: 'ready\n',
    last: '3 no such channel\n',
    status: 3 << 8,
  },
  {
    command: ['lp-serve', '--inet', 'alice'],
    say: 'hello\n',
    hear: 'ok\x012\n',
    last: 'SIGKILL',
    status: 9,
  },
] as const;

/**
 * Opens sessions of all kinds, each of which has answered, so that it is in the middle of its life.
 */
export async function openSessions(socket: string, count: number): Promise<Session[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const kind = kinds[index % kinds.length] ?? kinds[0];
      const child = await forkChild({ socket, command: kind.command, environment: {} });
      const { stdin, stdout, stderr } = child.openPipes();
      stderr.resume();
      let heard = '';
      stdout.setEncoding('latin1').on('data', (text: string) => (heard += text));
      stdin.write(kind.say);
      await until('an answer of the child', () => heard === kind.hear);
      const finish = (): void => {
        if (kind.last === 'SIGKILL') process.kill(child.pid, 'SIGKILL');
        stdin.on('error', () => undefined).end(kind.last);
      };
      // A FIFO does not tell its idle writer that the reader has gone.
      void child.exited.then(
        () => stdin.destroy(),
        () => undefined,
      );
      return { child, status: kind.status, finish };
    }),
  );
}

/**
 * Takes up the exits of sessions whose connections were lost, and asks again while nobody answers.
 */
export async function exitsAfterReattach(
  socket: string,
  sessions: readonly Session[],
): Promise<number[]> {
  const attached = await Promise.all(
    sessions.map(({ child }) => persistently(() => attachChild({ socket }, child.id))),
  );
  return within('every exit', Promise.all(attached.map(({ exited }) => exited)));
}

/** Asks until somebody answers, as a client does while the service restarts. */
async function persistently<T>(request: () => Promise<T>): Promise<T> {
  return until('a service that answers', () =>
    request().catch((error: unknown) => {
      if (error instanceof ForkerUnavailableError) return null;
      throw error;
    }),
  );
}

/** A new session from its request to its end, whatever the service goes through meanwhile. */
export async function rocks(socket: string): Promise<void> {
  const child = await persistently(() =>
    forkChild({ socket, command: ['rocks'], environment: {} }),
  );
  const exited = exitWhateverComes(socket, child);
  const { stdin, stdout, stderr } = child.openPipes();
  stdin.end();
  stderr.resume();
  let heard = '';
  stdout.setEncoding('latin1').on('data', (text: string) => (heard += text));
  assert.equal(await within('the exit', exited), 0);
  await until('the output', () => heard === 'It sure does!\n');
}

async function exitWhateverComes(socket: string, child: ForkedChild): Promise<number> {
  try {
    return await child.exited;
  } catch (error) {
    if (!(error instanceof ForkerUnavailableError)) throw error;
    return exitWhateverComes(socket, await persistently(() => attachChild({ socket }, child.id)));
  }
}

/** Kills the forker, and waits until its clients know. */
export async function killForker(
  forker: ForkerProcess,
  sessions: readonly Session[],
): Promise<void> {
  forker.kill('SIGKILL');
  await forker.ended();
  const lost = await Promise.allSettled(sessions.map(({ child }) => child.exited));
  assert.ok(lost.every(({ status }) => status === 'rejected'));
}
