import { basename } from 'node:path';
import { PipePeer } from './pipe-peer.ts';
import { RawClient } from './raw-client.ts';

/**
 * A child forked as Launchpad's own client did it: one raw connection that stays open for the exit,
 * and blocking opens of the three FIFOs, each in a process that does nothing else.
 */
export class OldClient implements Disposable {
  readonly #connection: RawClient;
  readonly pid: number;
  readonly directory: string;
  /** The end of the directory's name, by which newer clients attach. */
  readonly id: string;
  #peer: PipePeer | null = null;

  private constructor(connection: RawClient, pid: number, directory: string) {
    this.#connection = connection;
    this.pid = pid;
    this.directory = directory;
    this.id = basename(directory).replace('lp-forking-service-child-', '');
  }

  /** Sends a whole request, such as `fork rocks\n`. @throws when the answer is not a child */
  static async fork(socketPath: string, request: string | Uint8Array): Promise<OldClient> {
    const connection = await RawClient.connect(socketPath);
    connection.send(request);
    const [, pid = '', directory = ''] = await connection.read(/^ok\n(\d+)\n(.*)\n/);
    return new OldClient(connection, Number(pid), directory);
  }

  /** Opens the FIFOs; they may be connected much later. */
  open(): PipePeer {
    this.#peer = new PipePeer(this.directory);
    return this.#peer;
  }

  /** The raw status of `exited\n<status>\n`. The service must close the connection after it. */
  async exited(): Promise<number> {
    const text = await this.#connection.readToEnd();
    const status = /^ok\n\d+\n.*\nexited\n(\d+)\n$/.exec(text)?.[1];
    if (status === undefined) throw new Error(`no exit in ${JSON.stringify(text)}`);
    return Number(status);
  }

  /** Drops the connection without waiting for the exit. */
  leave(): void {
    this.#connection[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.leave();
    this.#peer?.[Symbol.dispose]();
  }
}

/** Forks, sends all input, and returns what came back and the raw status. */
export async function runSession(
  socketPath: string,
  request: string,
  input: string | Uint8Array = '',
): Promise<{ stdout: string; stderr: string; status: number }> {
  using client = await OldClient.fork(socketPath, request);
  const peer = client.open();
  peer.send(input);
  peer.endSending();
  const output = await peer.finished();
  return { ...output, status: await client.exited() };
}
