import ssh2 from 'ssh2';
import { createServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import type { Config } from '@hatchery/config';
import { admitsStartup } from '../startups.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { keyForExchange } from './host-keys.ts';
import { internalsOf } from './internals.ts';

export interface SshServerOptions extends ConnectionOptions {
  readonly startupsMax: Config['ssh']['startupsMax'];
  /** In [0, 1). */
  readonly random: () => number;
}

/** Accepts connections and hands them to ssh2. It listens by itself, not through ssh2, whose listener leaves Nagle's algorithm on (trap F). */
export class SshServer {
  readonly address: AddressInfo;
  readonly #tcp: TcpServer;
  readonly #ssh: ssh2.Server;
  readonly #options: SshServerOptions;
  readonly #connections = new Map<Socket, Connection>();

  /** Resolves when the port is open. @throws the system error of listen(2), as EADDRINUSE */
  static async listen(options: SshServerOptions, address: Config['ssh']['listen']): Promise<SshServer> {
    const ssh = createSshServer(options);
    const tcp = createServer({ noDelay: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    tcp.once('error', reject);
    tcp.listen(address.port, address.host, resolve);
    await promise;
    tcp.off('error', reject);
    return new SshServer(options, tcp, ssh);
  }

  private constructor(options: SshServerOptions, tcp: TcpServer, ssh: ssh2.Server) {
    this.#options = options;
    this.#tcp = tcp;
    this.address = tcp.address() as AddressInfo;
    this.#ssh = ssh;
    ssh.on('connection', (client, { header }) =>
      this.#connections.get(internalsOf(client)._sock)?.attach(client, header.versions.software),
    );
    tcp.on('connection', (socket) => this.#accept(socket));
    tcp.on('error', (err) => options.log.error({ err, fault: 'system' }, 'listener failed'));
  }

  get connections(): Iterable<Connection> {
    return this.#connections.values();
  }

  /** Closes the port. Connections go on, until no channel of theirs is open. */
  drain(): void {
    this.#tcp.close();
    for (const connection of this.#connections.values()) connection.drain();
  }

  /** Closes the port and every connection. */
  disconnectAll(reason: string): void {
    this.#tcp.close();
    for (const connection of this.#connections.values()) connection.disconnect(reason);
  }

  /** Resolves when every connection has closed. */
  async closed(): Promise<void> {
    while (this.#connections.size > 0)
      await Promise.all([...this.#connections.values()].map((connection) => connection.closed));
  }

  #accept(socket: Socket): void {
    const refusal = this.#refusal();
    if (refusal !== null) return this.#drop(socket, refusal);
    const connection = new Connection(socket, this.#options);
    this.#connections.set(socket, connection);
    void connection.closed.then(() => this.#connections.delete(socket));
    this.#ssh.injectSocket(socket);
  }

  #refusal(): string | null {
    const { limits, startupsMax, random } = this.#options;
    if (this.#connections.size >= limits.connectionsMax) return 'Too many connections';
    const unauthenticated = [...this.#connections.values()].filter((connection) => !connection.isSignedIn).length;
    // The words of OpenSSH's sshd, which people know how to search for.
    return admitsStartup(unauthenticated, startupsMax, random()) ? null : 'Exceeded MaxStartups';
  }

  /** RFC 4253 4.2 allows lines before the identification; `ssh -v` shows them. */
  #drop(socket: Socket, refusal: string): void {
    this.#options.log.warn({ peer: socket.remoteAddress ?? null, reason: refusal }, 'connection dropped');
    socket.on('error', () => {});
    socket.end(`${refusal}\r\n`);
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), this.#options.limits.lingerMs);
    socket.once('close', () => clearTimeout(timer));
  }
}

function createSshServer({ hostKeys, limits }: SshServerOptions): ssh2.Server {
  const { keepaliveIntervalMs: keepaliveInterval, keepaliveCountMax } = limits;
  return new ssh2.Server({
    // What is offered is decided for each connection: see transport.ts.
    hostKeys: [...hostKeys.proofs]
      .filter(([name, proof]) => name === proof.signatureAlgorithm)
      .map(([, proof]) => ({ key: keyForExchange(proof) })),
    ident: 'hatchery',
    keepaliveInterval,
    keepaliveCountMax,
  });
}
