import { closeSync } from 'node:fs';
import type { Address } from '@hatchery/config';
import { bindPort, portError, UnixName, type PassedSocket } from '@hatchery/daemon';
import { keyOfSocket, type SocketName, type WantedSocket } from './wanted-sockets.ts';

/** Where a predecessor listens: an address, or the path of a Unix socket. */
export type Known = Address | string;

/**
 * An open socket that parts listen on. Nobody is refused as long as it is open and has been
 * listened on once.
 */
export interface HeldSocket extends PassedSocket {
  readonly name: SocketName;
  /**
   * Its place; null when whoever opened it decides about that: systemd, or the supervisor above
   * this one.
   */
  readonly place: Known | null;
  /** Lets it be found, now that a part listens: a Unix socket gets its name. */
  readonly settle: () => void;
  readonly close: () => void;
}

/** One that another process opened. */
export function passedSocket(name: SocketName, fd: number): HeldSocket {
  return { name, fd, place: null, settle: () => undefined, close: () => closeSync(fd) };
}

/** Whether it is what a configuration asks for; a port that this leaves to the system is any. */
export function serves({ name, place }: HeldSocket, wanted: WantedSocket): boolean {
  if (name !== wanted.name) return false;
  if (place === null) return true;
  if (wanted.name === 'proxy') return place === wanted.path;
  const { host, port } = wanted.listen;
  return typeof place !== 'string' && place.host === host && (port === 0 || place.port === port);
}

/**
 * Opens one. Beside `before`, the places of predecessors, it shares what they have; a port that the
 * configuration leaves to the system is the first one's.
 * @throws {StartError} that says what to do when it cannot be had
 */
export function openSocket(wanted: WantedSocket, before: readonly Known[]): Promise<HeldSocket> {
  if (wanted.name === 'proxy') return openPath(wanted.path, before.includes(wanted.path));
  const ports = before.flatMap((one) => (typeof one === 'string' ? [] : [one.port]));
  const { host, port: wish } = wanted.listen;
  const port = wish === 0 ? (ports[0] ?? 0) : wish;
  return openPort(wanted.name, { host, port }, ports.includes(port));
}

async function openPort(
  name: SocketName,
  { host, port }: Address,
  shared: boolean,
): Promise<HeldSocket> {
  try {
    const socket = await bindPort({ host, port }, shared);
    const place = { host, port: socket.address().port };
    return { name, fd: socket.fd(), place, settle: () => undefined, close: () => socket.close() };
  } catch (error) {
    throw portError(error, { host, port }, keyOfSocket[name]);
  }
}

async function openPath(path: string, isOurs: boolean): Promise<HeldSocket> {
  const called = `proxy_socket under [dashboard], ${path}`;
  const taken = `cannot listen on ${called}: a running service answers there; stop it, or configure another socket`;
  const { name, fd } = await UnixName.bind(path, { mode: 0o660, called, taken }, isOurs);
  let isSettled = false;
  const settle = (): void => {
    if (!isSettled) name.take();
    isSettled = true;
  };
  return { name: 'proxy', fd, place: path, settle, close: () => name[Symbol.dispose]() };
}
