import { createServer, type Server, type Socket } from 'node:net';
import { wireString, wireUint32 } from '@hatchery/ssh-keys';
import { signRequestIn, type SecurityKey } from './security-key.ts';

/**
 * An ssh-agent for one security key, so that a real ssh signs in with it
 * (draft-ietf-sshm-ssh-agent).
 */
export class KeyAgent implements AsyncDisposable {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** The agent lists `blobs`: the key's own, or a certificate of it. */
  static async listen(
    path: string,
    key: SecurityKey,
    blobs: readonly Buffer[] = [key.blob],
  ): Promise<KeyAgent> {
    const agent = new KeyAgent(path, key, blobs);
    await new Promise<void>((resolve) => agent.#server.listen(path, resolve));
    return agent;
  }

  private constructor(path: string, key: SecurityKey, blobs: readonly Buffer[]) {
    this.path = path;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let received = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        while (received.length >= 4 && received.length >= 4 + received.readUInt32BE()) {
          const end = 4 + received.readUInt32BE();
          socket.write(wireString(answer(received.subarray(4, end), key, blobs)));
          received = received.subarray(end);
        }
      });
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function answer(message: Buffer, key: SecurityKey, blobs: readonly Buffer[]): Buffer {
  if (message[0] === 11) {
    const identities = blobs.flatMap((blob) => [wireString(blob), wireString('security-key')]);
    return Buffer.concat([Buffer.of(12), wireUint32(blobs.length), ...identities]);
  }
  const request = signRequestIn(message);
  return request === null
    ? Buffer.of(5)
    : Buffer.concat([Buffer.of(14), wireString(key.sign(request.data))]);
}
