import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';

/**
 * A browser that asked for the live stream and then stopped reading, as when a laptop's lid is
 * closed.
 */
export async function stalledBrowser(origin: string): Promise<Disposable> {
  return liveBrowser(origin, (socket) => socket.pause());
}

/**
 * A browser that reads everything and answers nothing, because the measuring process has no time
 * for it: it does not answer pings either, so the server disconnects it after half a minute.
 */
export async function readingBrowser(origin: string): Promise<Disposable> {
  return liveBrowser(origin, (socket) => socket.resume());
}

async function liveBrowser(origin: string, read: (socket: Socket) => void): Promise<Disposable> {
  const { host } = new URL(origin);
  const socket = await new Promise<Socket>((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      origin: `http://${host}`,
    };
    request(`${origin}live`, { headers })
      .on('upgrade', (_response, upgraded) => resolve(upgraded))
      .on('response', ({ statusCode }) =>
        reject(new Error(`the live stream answered ${statusCode}`)),
      )
      .on('error', reject)
      .end();
  });
  // The server disconnects it in the end, which is expected.
  socket.on('error', () => undefined);
  read(socket);
  socket.write(maskedText(JSON.stringify({ type: 'resume', epoch: '', seq: 0, round: 0 })));
  return { [Symbol.dispose]: () => void socket.destroy() };
}

/**
 * A text frame of a client, with a mask of zeros, which changes nothing (RFC 6455, section 5.2).
 */
function maskedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
