import { text } from 'node:stream/consumers';
import type { SessionSettings } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';
import { spawnChild } from '@hatchery/forker-client';

/**
 * Runs one session: a service without a zygote has nothing else that would show a broken Breezy
 * before the first client.
 * @throws {StartError} with what the session said last
 */
export async function proveSpawning(settings: SessionSettings): Promise<void> {
  const said: string[] = [];
  const report = (line: string): void => void said.push(line);
  try {
    const child = await spawnChild({ settings, command: ['rocks'], environment: {}, report });
    const { stdin, stdout, stderr } = child.openPipes();
    stdin.end();
    stdout.resume();
    const [complaint, status] = await Promise.all([text(stderr), child.exited]);
    if (status === 0) return;
    said.push(complaint, `wait status ${status}`);
  } catch (error) {
    said.push((error as Error).message);
  }
  const lines = said.flatMap((words) => words.trimEnd().split('\n')).filter((line) => line !== '');
  throw new StartError(`no session can be run: ${lines.slice(-2).join('; ')}`);
}
