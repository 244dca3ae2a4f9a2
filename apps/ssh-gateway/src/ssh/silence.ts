import type { Socket } from 'node:net';

/**
 * Calls `onSilence` when nothing at all has come for so long. A client that waits is not silent: it
 * answers keepalives. So a slow push, or an idle session on purpose, is never ended by this (Gitea
 * #36794). 0 switches it off.
 */
export function watchSilence(socket: Socket, ms: number, onSilence: () => void): void {
  if (ms === 0) return;
  const timer = setTimeout(onSilence, ms);
  socket.on('data', () => timer.refresh());
  socket.once('close', () => clearTimeout(timer));
}
