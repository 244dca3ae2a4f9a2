import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemPython } from '@hatchery/config';
import type { SessionAccount } from '@hatchery/daemon';
import { waitFor } from '@hatchery/waiting';
import { ownerOf } from '../children/forking/child-name.ts';
import { cgroupEmptyMsMax, cgroupLookMs } from '../limits.ts';

/** Where sessions get control groups of their own, or why they get none. */
export type CgroupPlace =
  { readonly directory: string } | { readonly directory: null; readonly reason: string };

/**
 * Makes the control group whose children are the sessions', where cgroup v2 has been delegated to
 * this service: systemd says so by `Delegate=yes` and an attribute of the directory, and for a
 * plain user by giving it to them. Source: systemd's "Control Group APIs and Delegation",
 * https://systemd.io/CGROUP_DELEGATION/
 */
export function prepareCgroup(
  account: SessionAccount | null,
  runtimeDirectory: string,
  proc = '/proc/self',
): CgroupPlace {
  const own = ownCgroup(proc);
  if (own === null) return { directory: null, reason: 'cgroup v2 is not mounted here' };
  if (!isDelegated(own))
    return { directory: null, reason: `${own} is not delegated to this service` };
  // Two services may stand in one group, as two that one person runs in a terminal each.
  const directory = join(own, `hatchery-sessions-${ownerOf(runtimeDirectory)}`);
  try {
    if (!existsSync(directory)) mkdirSync(directory);
    // Not of a process that lives: one that has just made its group is not in it yet.
    removeEmptyGroups(directory, (pid) => !existsSync(`/proc/${pid}`));
    if (account !== null) {
      // cgroups(7), "Delegating a hierarchy to a less privileged user".
      for (const path of ['', 'cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'])
        chownSync(join(directory, path), account.uid, -1);
    }
    return { directory };
  } catch (error) {
    return { directory: null, reason: (error as Error).message };
  }
}

/**
 * Removes it after the last session, with the zygote and the children of its pool, if they have not
 * ended by themselves yet: nobody is left to reap them, and to take their groups back. False when
 * something in it does not end.
 */
export async function removeCgroup({ directory }: CgroupPlace): Promise<boolean> {
  if (directory === null) return true;
  const kill = join(directory, 'cgroup.kill');
  // Since Linux 5.14. Without it they end when they find the keeper gone.
  if (existsSync(kill)) writeFileSync(kill, '1');
  const isRemoved = (): boolean => {
    unlessBusy(() => removeEmptyGroups(directory));
    unlessBusy(() => rmdirSync(directory));
    return !existsSync(directory);
  };
  const patience = { everyMs: cgroupLookMs, forMs: cgroupEmptyMsMax };
  return (await waitFor(isRemoved, patience)) !== null;
}

/**
 * Removes the groups that a keeper which was killed has left. The kernel keeps those that have a
 * process in them.
 */
function removeEmptyGroups(directory: string, isLeft: (pid: string) => boolean = () => true): void {
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory() && isLeft(entry.name))
      unlessBusy(() => rmdirSync(join(directory, entry.name)));
}

function unlessBusy(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!['EBUSY', 'ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}

function ownCgroup(proc: string): string | null {
  const mount = /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(
    readFileSync(join(proc, 'mountinfo'), 'utf8'),
  )?.[1];
  const path = /^0::(.*)$/m.exec(readFileSync(join(proc, 'cgroup'), 'utf8'))?.[1];
  return mount === undefined || path === undefined ? null : join(mount, path);
}

function isDelegated(directory: string): boolean {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) return statSync(directory).uid === uid;
  // Node cannot read extended attributes. Root may write everywhere, so that only the attribute
  // tells whose this is.
  const program =
    'import os, sys; print(any(b"1" == os.getxattr(sys.argv[1], f"{kind}.delegate") for kind in ("trusted", "user") if f"{kind}.delegate" in os.listxattr(sys.argv[1])))';
  return (
    execFileSync(systemPython, ['-I', '-S', '-c', program, directory], {
      encoding: 'utf8',
    }).trim() === 'True'
  );
}
