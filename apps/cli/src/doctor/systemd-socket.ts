import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { socketLookMsMax } from '../limits.ts';

/**
 * The part of systemd that holds a TCP port for a socket-activated service: `systemd (pid 1)`, or
 * the name of the socket unit when its processes are not readable. Null when another program holds
 * it, or when unknown.
 */
export function systemdOnPort(port: number): string | null {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return null;
  const holder = processes().find(
    ({ pid, name }) => name.startsWith('systemd') && holdsOne(pid, inodes),
  );
  return holder === undefined ? unitOnPort(port) : `${holder.name} (pid ${holder.pid})`;
}

/**
 * State 0A of the fourth column is LISTEN; the tenth column is the inode (proc(5), /proc/net/tcp).
 */
function listeningInodes(port: number): ReadonlySet<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    linesOf(table)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local = '', , state]) => local.endsWith(wanted) && state === '0A')
      .map((columns) => columns[9] ?? ''),
  );
  return new Set(inodes);
}

function processes(): { readonly pid: number; readonly name: string }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => ({ pid: Number(pid), name: linesOf(`/proc/${pid}/comm`)[0] ?? '' }));
}

function holdsOne(pid: number, inodes: ReadonlySet<string>): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).some((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`${directory}/${fd}`)) ?? [];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false;
  }
}

/** The unit, as systemd tells every user; null without a systemd. */
function unitOnPort(port: number): string | null {
  const words = ['list-sockets', '--all', '--plain', '--no-legend', '--no-pager'];
  try {
    const text = execFileSync('systemctl', words, {
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: socketLookMsMax,
    });
    const [, unit] = new RegExp(`^\\S*:${port}\\s+(\\S+\\.socket)`, 'm').exec(text) ?? [];
    return unit ?? null;
  } catch {
    return null;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
