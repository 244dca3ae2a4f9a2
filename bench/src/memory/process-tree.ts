import { readdirSync, readFileSync } from 'node:fs';
import { readProcessMemory } from './process-memory.ts';

/** Private memory in MB of a process and of all that it has started, at this moment. */
export function privateMemoryOfTree(root: number): number {
  const parents = new Map(readdirSync('/proc').flatMap((name) => parentOf(name)));
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || isBelow(parent));
  };
  const pids = [root, ...[...parents.keys()].filter(isBelow)];
  return pids.reduce((sum, pid) => sum + privateOf(pid), 0);
}

/** A process that has ended since it was listed has none. */
function privateOf(pid: number): number {
  try {
    return readProcessMemory(pid).private;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return 0;
    throw error;
  }
}

/** A pid and its parent's (proc(5), stat); nothing when it is not, or no longer, a process. */
function parentOf(name: string): (readonly [pid: number, parent: number])[] {
  if (!/^\d+$/.test(name)) return [];
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    // The command's name may hold blanks and parentheses.
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    return [[Number(name), Number(parent)]];
  } catch {
    return [];
  }
}
