import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { until } from './run.ts';

/**
 * Connects, and reads the identification of the gateway. @throws the system error of a connection
 * that is refused or reset
 */
export function greeting(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1');
  let said = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (!said.includes('\n')) return;
    socket.destroy();
    if (said.startsWith('SSH-2.0-')) resolve();
    else reject(new Error(said));
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('closed without a word')));
  return promise;
}

/**
 * Resolves when a process has died of SIGKILL: until then it may accept a connection, which dies
 * with it.
 */
export async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until('its death', () => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return true;
    }
  });
}

/** A port of 127.0.0.1 that no process uses at the moment. */
export async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
