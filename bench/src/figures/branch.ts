import { rmSync } from 'node:fs';
import { alternate } from '../rounds/alternate.ts';
import { hostSampleBranch, type SampleBranch } from '../sample-branch/sample-branch.ts';
import { host, writeSshScript, type Destination } from '../stand/destination.ts';
import type { Stand } from '../stand/stand.ts';
import { runTool } from '../stand/tools.ts';
import type { Figure } from './figure.ts';
import { servers } from './server-names.ts';

/** How long a person waits for a branch. */
export const branch: Figure = {
  name: 'branch',
  title: 'a whole brz branch of 640 revisions and 220 files into a fresh directory',
  needs: [
    '/usr/bin/brz',
    '/usr/bin/ssh',
    '/usr/sbin/sshd',
    '/usr/bin/ssh-keygen',
    '/usr/lib/python3/dist-packages/fastimport',
  ],
  async measure(stand, { quick, progress }) {
    await using sshd = await stand.startSshd();
    const sample = await hostSampleBranch(stand);
    const { signal } = stand;
    const contenders = [
      { name: servers.ours, sample: branchingFrom(stand.hatchery.destination, sample, stand) },
      { name: servers.rival, sample: branchingFrom(sshd.destination, sample, stand) },
    ];
    const series = await alternate(contenders, {
      rounds: quick ? 4 : 20,
      warmUpRounds: 1,
      signal,
      progress,
    });
    const comparison = {
      title: 'time of brz branch',
      unit: 'ms',
      better: 'lower',
      targets: [],
    } as const;
    return { comparisons: [{ ...comparison, series }] };
  },
};

function branchingFrom(
  from: Destination,
  sample: SampleBranch,
  stand: Stand,
): () => Promise<readonly number[]> {
  const { home, signal } = stand;
  const environment = { BRZ_SSH: writeSshScript(from, stand.scratch('ssh')) };
  const url = `bzr+ssh://${from.user}@${host}:${from.port}/${sample.place}`;
  return async () => {
    const directory = stand.scratch('branch');
    const startedAtMs = performance.now();
    await runTool(['/usr/bin/brz', 'branch', '--quiet', url, directory], {
      home,
      signal,
      environment,
    });
    const milliseconds = performance.now() - startedAtMs;
    sample.check(directory);
    rmSync(directory, { recursive: true });
    return [milliseconds];
  };
}
