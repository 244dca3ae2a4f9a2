import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemPython } from '@hatchery/config';
import { peerLookMsMax } from '../limits.ts';

/** Who is at the other end of a connection over a Unix socket, as of its connect(2). */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  /** The name of its program; null when it has ended meanwhile. */
  readonly program: string | null;
}

/**
 * SO_PEERCRED of unix(7), which Node has no call for: `pid uid`. The connection is descriptor 0.
 */
const script = `
import socket, struct
pid, uid, _ = struct.unpack("3i", socket.socket(fileno=0).getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
print(pid, uid)
`;

/**
 * Asks the kernel. The descriptor is handed on before this returns, so the connection may be closed
 * then. Null when it cannot be asked.
 */
export async function peerOf(socket: Socket): Promise<Peer | null> {
  const fd = (socket as unknown as { readonly _handle?: { readonly fd?: number } })._handle?.fd;
  if (fd === undefined || fd < 0) return null;
  const python = spawn(systemPython, ['-I', '-S', '-c', script], {
    stdio: [fd, 'pipe', 'ignore'],
    timeout: peerLookMsMax,
  });
  python.on('error', () => undefined);
  if (python.stdout === null) return null;
  const [pid, uid] = (await text(python.stdout).catch(() => '')).split(' ').map(Number);
  return pid === undefined || uid === undefined ? null : { pid, uid, program: programOf(pid) };
}

/** As `uid 0, pid 77, socat`. */
export function describePeer({ pid, uid, program }: Peer): string {
  return `uid ${uid}, pid ${pid}${program === null ? '' : `, ${program}`}`;
}

function programOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8')
      .trim()
      .replaceAll(/[^\x20-\x7e]/g, '?');
  } catch {
    return null;
  }
}
