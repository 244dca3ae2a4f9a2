import { createServer, type Server, type Socket } from 'node:net';
import {
  ConnectionLimits,
  createGuardedServer,
  listenOnPort,
  listenOnUnix,
  type PassedSocket,
} from '@hatchery/daemon';
import { refusalBytes } from '@hatchery/ssh-keys';
import { turnAwayGuard, turnAwayLingerMs } from './limits.ts';

/**
 * Tells everybody who connects to these sockets why nobody serves them, and closes: SSH clients as
 * the gateway refuses them, all others by HTTP with 503. Resolves when all are listened on. @throws
 * {StartError}
 */
export async function turnAway(sockets: readonly PassedSocket[], words: string): Promise<void> {
  for (const { name, fd } of sockets) {
    const server = name === 'ssh' ? sshServer(words) : httpServer(words);
    await (name === 'proxy' ? listenOnUnix(server, fd, name) : listenOnPort(server, fd, name));
  }
}

function sshServer(words: string): Server {
  const refusal = refusalBytes(words);
  const server = createServer({ noDelay: true }, (socket) => refuse(socket, refusal));
  new ConnectionLimits(server, turnAwayGuard);
  return server;
}

/**
 * What the client says is read: closed with unread bytes, the kernel would reset it before it has
 * read why.
 */
function refuse(socket: Socket, refusal: Buffer): void {
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(refusal);
  const timer = setTimeout(() => socket.destroy(), turnAwayLingerMs);
  socket.once('close', () => clearTimeout(timer));
}

function httpServer(words: string): Server {
  return createGuardedServer(turnAwayGuard, (_request, response) => {
    response
      .writeHead(503, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
      .end(`${words}\n`);
  });
}
