import ssh2 from 'ssh2';
import type { Socket } from 'node:net';
import { plainAddress, sourceOf, type Networks } from '@hatchery/addresses';
import { drainLine } from '@hatchery/event-feed';
import { refusalBytes, software } from '@hatchery/ssh-keys';
import { refusalLines, type ConnectionRefusal } from '../admission.ts';
import type { Places } from '../places/places.ts';
import type { Identity } from './sign-in/authentication.ts';
import type { Drain } from '../status/status.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { keyForExchange } from './key-exchange/host-keys.ts';
import { Descriptors } from '../descriptors.ts';
import { gatherIdentification } from './arrival/identification.ts';
import { internalsOf } from './ssh2/internals.ts';
import { describePeer, type Peer } from './arrival/peer.ts';
import { takeProxyHeader } from './arrival/proxy-reader.ts';

export interface SshServerOptions extends ConnectionOptions {
  readonly places: Places;
  /** The drain that refuses new connections, or null. */
  readonly drain: () => Drain | null;
  /** Whose PROXY headers are believed, and required; null when there is no balancer. */
  readonly balancers: Networks | null;
}

/**
 * Takes accepted sockets within the limits, reads a balancer's header, passes them to ssh2, and
 * knows every connection of this process.
 */
export class SshServer {
  readonly #ssh: ssh2.Server;
  readonly #options: SshServerOptions;
  readonly #connections = new Map<Socket, Connection>();
  /** Between the accept and a place. */
  readonly #arriving = new Set<Promise<void>>();
  readonly #descriptors: Descriptors;

  constructor(options: SshServerOptions) {
    this.#options = options;
    this.#descriptors = new Descriptors(options.limits.descriptorsKept);
    this.#ssh = createSshServer(options);
    this.#ssh.on('connection', (client, { header }) =>
      this.#connections.get(internalsOf(client)._sock)?.attach(client, header.versions.software),
    );
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Bytes that wait in this process for clients to take them. */
  get bufferedBytes(): number {
    return [...this.#connections.values()].reduce(
      (sum, connection) => sum + connection.bufferedBytes,
      0,
    );
  }

  /** Takes over a paused socket. */
  accept(socket: Socket): void {
    const { metrics, log, balancers } = this.#options;
    metrics.connectionAccepted();
    // Without this listener, a connection that is reset before we watch it would end the process.
    socket.on('error', () => {});
    socket.setNoDelay(true);
    // What came before the drain is past this line already, and gets the session it came for.
    const drain = this.#options.drain();
    if (drain !== null)
      return this.#refuse(
        socket,
        directPeer(socket),
        'draining',
        drainLine('connection', drain.reason),
      );
    if (this.#descriptors.areShort(socket)) {
      log.error({ ...this.#descriptors, fault: 'system' }, 'out of descriptors');
      return this.#refuse(socket, directPeer(socket), 'descriptors', refusalLines.descriptors);
    }
    const arriving = this.#peerOf(socket, balancers)
      .then((peer) => this.#admit(socket, peer))
      .catch((error: unknown) => {
        log.error({ err: error, fault: 'system' }, 'connection handler failed');
        socket.destroy();
      })
      .finally(() => this.#arriving.delete(arriving));
    this.#arriving.add(arriving);
  }

  /**
   * Connections end as soon as none of their channels is open. `reason` is the text that their
   * users read.
   */
  drain(reason: string | null): void {
    for (const connection of this.#connections.values()) connection.drain(reason);
  }

  undrain(): void {
    for (const connection of this.#connections.values()) connection.undrain();
  }

  disconnectAll(reason: string): void {
    for (const connection of this.#connections.values()) connection.disconnect('stopped', reason);
  }

  /** Ends the matching connections; each promise resolves when its connection has closed. */
  disconnect(isMeant: (identity: Identity) => boolean): Promise<void>[] {
    const meant = [...this.#connections.values()].filter(
      ({ identity }) => identity !== null && isMeant(identity),
    );
    for (const connection of meant) connection.disconnect('ended', 'ended by an operator');
    return meant.map(({ closed }) => closed);
  }

  /** Resolves when every connection has closed. */
  async closed(): Promise<void> {
    while (this.#connections.size + this.#arriving.size > 0) {
      await Promise.all(this.#arriving);
      await Promise.all([...this.#connections.values()].map((connection) => connection.closed));
    }
  }

  /** Null for a connection that was refused. */
  async #peerOf(socket: Socket, balancers: Networks | null): Promise<Peer | null> {
    const direct = directPeer(socket);
    if (balancers === null) return direct;
    if (!balancers.has(direct.address)) {
      this.#refuse(socket, direct, 'not-a-balancer', null);
      return null;
    }
    const said = await takeProxyHeader(socket, this.#options.limits.proxyDeadlineMs);
    if (said.kind === 'peer') return said.peer ?? direct;
    this.#options.log.warn({ peer: describePeer(direct), why: said.why }, 'PROXY header refused');
    this.#refuse(socket, direct, 'proxy-header', null);
    return null;
  }

  async #admit(socket: Socket, peer: Peer | null): Promise<void> {
    if (peer === null || socket.destroyed) return;
    const { places, limits } = this.#options;
    const place = await places.connection(peer.address, sourceOf(peer.address));
    if (typeof place === 'string') return this.#refuse(socket, peer, place, refusalLines[place]);
    if (socket.destroyed) return place.left();
    if (this.#connections.size >= limits.connectionsMax) {
      place.left();
      return this.#refuse(socket, peer, 'connections', refusalLines.connections);
    }
    const connection = new Connection(socket, peer, this.#options, () => place.signedIn());
    this.#connections.set(socket, connection);
    void connection.closed.then(() => {
      this.#connections.delete(socket);
      place.left();
    });
    gatherIdentification(socket);
    this.#ssh.injectSocket(socket);
    socket.resume();
    // It was on its way when the drain began.
    const drain = this.#options.drain();
    if (drain !== null) connection.drain(drain.reason);
  }

  /** Without a message: this is not an SSH client that would read it. */
  #refuse(
    socket: Socket,
    peer: Peer,
    reason: ConnectionRefusal | 'not-a-balancer' | 'proxy-header',
    line: string | null,
  ): void {
    const { log, metrics, audit, limits } = this.#options;
    metrics.connectionRefused(reason);
    audit({ kind: 'connection.refused', peer: describePeer(peer), reason });
    log.warn({ peer: describePeer(peer), reason }, 'connection dropped');
    if (line === null) return void socket.destroy();
    socket.end(refusalBytes(line));
    // At once, so that refused connections do not use up the reserve.
    if (reason === 'descriptors') return void socket.destroySoon();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), limits.lingerMs);
    socket.once('close', () => clearTimeout(timer));
  }
}

function directPeer(socket: Socket): Peer {
  return { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
}

function createSshServer({ hostKeys, limits }: SshServerOptions): ssh2.Server {
  const { keepaliveIntervalMs: keepaliveInterval, keepaliveCountMax } = limits;
  return new ssh2.Server({
    // The offer is decided for each connection: see transport.ts.
    hostKeys: [...hostKeys.proofs]
      .filter(([name, proof]) => name === proof.signatureAlgorithm)
      .map(([, proof]) => ({ key: keyForExchange(proof) })),
    ident: software,
    keepaliveInterval,
    keepaliveCountMax,
  });
}
