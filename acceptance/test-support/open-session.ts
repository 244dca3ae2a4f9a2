import { sshOptions } from './client.ts';
import type { Instance } from './instance.ts';
import { start, until, type Running } from './run.ts';

/** A running session of OpenSSH with its standard input open. */
export interface OpenSession {
  readonly running: Running;
  readonly say: (text: string) => void;
  readonly end: () => void;
}

/**
 * Resolves when the session's child runs. No other session may begin meanwhile. `user` signs in
 * with the demo user's key.
 */
export async function openSession(instance: Instance, user = 'demo'): Promise<OpenSession> {
  const before = (await instance.children()).length;
  const { host, port } = instance.ready.ssh;
  const options = sshOptions(instance, `${instance.ready.stateDir}/demo/id_ed25519`);
  const words = ['bzr', 'serve', '--inet', '--directory=/', '--allow-writes'];
  const running = start('ssh', [...options, '-p', String(port), `${user}@${host}`, ...words], {
    input: null,
  });
  await until('the session', async () => {
    const now = await instance.children();
    return now.length > before && now.every(({ state }) => state === 'running');
  });
  return { running, say: running.say, end: running.endInput };
}
