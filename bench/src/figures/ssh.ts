import { alternate } from '../rounds/alternate.ts';
import { spawnedSessions } from '../sessions/spawned-session.ts';
import { sshSession } from '../stand/destination.ts';
import type { Figure } from './figure.ts';
import { firstReplyOf } from './fork.ts';
import { servers } from './server-names.ts';

/** How soon a client's ssh gets the first reply. */
export const ssh: Figure = {
  name: 'ssh',
  title: 'from the start of an ssh client to the first reply of its smart server',
  needs: ['/usr/bin/brz', '/usr/bin/ssh', '/usr/sbin/sshd', '/usr/bin/ssh-keygen'],
  async measure(stand, { quick, progress }) {
    await using sshd = await stand.startSshd();
    const { signal, home } = stand;
    const ours = spawnedSessions(sshSession(stand.hatchery.destination), home);
    const theirs = spawnedSessions(sshSession(sshd.destination), home);
    const contenders = [
      { name: servers.ours, sample: () => firstReplyOf(ours, signal) },
      { name: servers.rival, sample: () => firstReplyOf(theirs, signal) },
    ];
    const series = await alternate(contenders, {
      rounds: quick ? 20 : 100,
      warmUpRounds: 2,
      signal,
      progress,
    });
    const comparison = {
      title: 'time to first reply',
      unit: 'ms',
      better: 'lower',
      targets: [],
    } as const;
    return { comparisons: [{ ...comparison, series }] };
  },
};
