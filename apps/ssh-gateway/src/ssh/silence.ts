import type { Socket } from 'node:net';

/**
 * Calls `onSilence` when no byte has come for this long. A waiting client is not silent, because it
 * answers keepalives: this never ends a slow push or a session that is idle on purpose (Gitea
 * #36794). 0 switches it off.
 */
export function watchSilence(socket: Socket, ms: number, onSilence: () => void): void {
  if (ms === 0) return;
  const timer = setTimeout(onSilence, ms);
  socket.on('data', () => timer.refresh());
  socket.once('close', () => clearTimeout(timer));
}
