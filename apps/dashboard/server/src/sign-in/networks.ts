import type { Socket } from 'node:net';
import { Networks } from '@hatchery/addresses';

/** Whether a connection comes from one of these networks. */
export function sourcesOf(from: readonly string[]): (socket: Socket) => boolean {
  const networks = Networks.of(from);
  return ({ remoteAddress = '' }) => networks.has(remoteAddress);
}
