import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What the line does with bytes and connections: passes them on, resets them, or silently drops
 * them.
 */
type Mood = 'whole' | 'cut' | 'silent';

/** A TCP line to the dashboard, between a browser and its server, that can really be cut. */
export class CuttableLine implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: number;
  readonly #ends = new Set<Socket>();
  #mood: Mood = 'whole';

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (near) => this.#connect(near));
  }

  /** A line to this port of the loopback address. */
  static async to(port: number): Promise<CuttableLine> {
    const server = createServer({ allowHalfOpen: false }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CuttableLine(server, port);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resets every connection, also new ones. */
  cut(): void {
    this.#mood = 'cut';
    for (const end of this.#ends) end.resetAndDestroy();
  }

  /** Drops everything silently from now on. */
  silence(): void {
    this.#mood = 'silent';
    for (const end of this.#ends) end.pause();
  }

  /** New connections get through again; those that fell silent stay lost. */
  mend(): void {
    for (const end of this.#ends) end.destroy();
    this.#mood = 'whole';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(near: Socket): void {
    this.#keep(near);
    if (this.#mood === 'cut') return void near.resetAndDestroy();
    if (this.#mood === 'silent') return void near.pause();
    const far = this.#keep(connect(this.#target, '127.0.0.1'));
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }

  #keep(end: Socket): Socket {
    this.#ends.add(end);
    // Resets are the purpose of this line.
    end.on('error', () => undefined).on('close', () => this.#ends.delete(end));
    return end;
  }
}
