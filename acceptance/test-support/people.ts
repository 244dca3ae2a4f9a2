import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runSession } from '@hatchery/testkit';
import { Client } from './client.ts';
import { until } from './run.ts';
import type { Stand } from './stand.ts';

/**
 * A push by a brz on the host itself, which waits for a lock where one over ssh is refused at once.
 */
export function pushOnHost(
  stand: Stand,
  user: string,
  branch: string,
): ReturnType<typeof runSession> {
  const target = `${stand.instance.hostingRoot}/${branch}`;
  // A process that the service forks can read nothing outside the hosting root.
  const imports = join(stand.instance.hostingRoot, '~imports');
  // The branch and the repository that contains it.
  cpSync(dirname(stand.history), imports, { recursive: true });
  const source = join(imports, basename(stand.history));
  const environment = `HATCHERY_USER: ${user}\nBRZ_EMAIL: ${user}@example.invalid\n`;
  const request = `fork-env push -q -d ${source} ${target}\n${environment}end\n`;
  return runSession(stand.instance.ready.forkerSocket, request);
}

/** A brz that hatchery does not know takes the lock on the host itself, and is killed; its pid. */
export async function leaveLock(stand: Stand, branch: string): Promise<number> {
  const host = new Client(stand.instance, { email: 'Host <host@example.invalid>' });
  const pushing = host.start(
    'push',
    '-q',
    '-d',
    stand.history,
    `${stand.instance.hostingRoot}/${branch}`,
  );
  await until('the lock', () => stand.isLocked(branch));
  const startTicks = readFileSync(`/proc/${pushing.pid}/stat`, 'utf8')
    .split(') ')
    .at(-1)
    ?.split(' ')[19];
  pushing.kill('SIGKILL');
  await pushing.outcome;
  assert.equal(stand.isLocked(branch), true);
  // What a session of the service writes besides Breezy's own fields; without it nothing could
  // prove this process's death.
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const evidence = `boot: ${boot}\npid_namespace: '${readlinkSync('/proc/self/ns/pid')}'\nstart_ticks: ${startTicks}\n`;
  appendFileSync(join(stand.instance.hostingRoot, branch, '.bzr/branch/lock/held/info'), evidence);
  return pushing.pid;
}
