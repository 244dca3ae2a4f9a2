import assert from 'node:assert/strict';
import { runSession } from '@hatchery/testkit';
import { Client } from '../src/harness/client.ts';
import { until } from '../src/harness/run.ts';
import type { Stand } from './stand.ts';

/** A push by a brz of the host itself, which waits for a lock where one over ssh is refused at once. */
export function pushOnHost(stand: Stand, user: string, branch: string): ReturnType<typeof runSession> {
  const target = `${stand.instance.hostingRoot}/${branch}`;
  const environment = `HATCHERY_USER: ${user}\nBRZ_EMAIL: ${user}@example.invalid\n`;
  const request = `fork-env push -q -d ${stand.history} ${target}\n${environment}end\n`;
  return runSession(stand.instance.ready.forkerSocket, request);
}

/** A brz that hatchery knows nothing of takes the lock on the host itself, and is killed; its pid. */
export async function leaveLock(stand: Stand, branch: string): Promise<number> {
  const host = new Client(stand.instance, { email: 'Host <host@example.invalid>' });
  const pushing = host.start('push', '-q', '-d', stand.history, `${stand.instance.hostingRoot}/${branch}`);
  await until('the lock', () => stand.isLocked(branch));
  pushing.kill('SIGKILL');
  await pushing.outcome;
  assert.equal(stand.isLocked(branch), true);
  return pushing.pid;
}
