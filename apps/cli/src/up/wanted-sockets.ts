import { isDeepStrictEqual } from 'node:util';
import type { Address, Config } from '@hatchery/config';
import type { PartName } from '../service/part.ts';

/** What a listening socket is for, and what systemd calls it (FileDescriptorName=). */
export type SocketName = 'ssh' | 'status' | 'page' | 'proxy';

/** A listening socket that a configuration asks for. Plain data, for it crosses processes. */
export type WantedSocket =
  | { readonly name: 'ssh' | 'status' | 'page'; readonly listen: Address }
  | { readonly name: 'proxy'; readonly path: string };

/**
 * The sockets that clients of each part connect to, and that outlive it. The fork service's own are
 * not among them: its successor takes over what was said on them (decision 0013), and its clients
 * tell by a refusal that it is gone.
 */
export const socketsOfPart: Readonly<Record<PartName, readonly SocketName[]>> = {
  forker: [],
  'ssh-gateway': ['ssh', 'status'],
  dashboard: ['page', 'proxy'],
};

export const socketNames: readonly SocketName[] = Object.values(socketsOfPart).flat();

/** The key of the configuration that a socket comes from. */
export const keyOfSocket: Readonly<Record<SocketName, string>> = {
  ssh: 'ssh.listen',
  status: 'ssh.status_listen',
  page: 'dashboard.listen',
  proxy: 'dashboard.proxy_socket',
};

export function wantedSockets({ ssh, dashboard }: Config): WantedSocket[] {
  const { statusListen } = ssh;
  const { socket: path } = dashboard.proxy;
  return [
    { name: 'ssh', listen: ssh.listen },
    ...(statusListen === null ? [] : [{ name: 'status', listen: statusListen } as const]),
    { name: 'page', listen: dashboard.listen },
    ...(path === null ? [] : [{ name: 'proxy', path } as const]),
  ];
}

/** Whether two configurations ask for the same sockets. */
export function isSameWanted(
  one: readonly WantedSocket[],
  other: readonly WantedSocket[],
): boolean {
  return isDeepStrictEqual(one, other);
}

/** Reads what another process said. */
export function isWantedSockets(value: unknown): value is WantedSocket[] {
  return Array.isArray(value) && value.every(isWantedSocket);
}

function isWantedSocket(value: unknown): value is WantedSocket {
  const { name, path, listen } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (name === 'proxy') return typeof path === 'string' && path !== '';
  const { host, port } = (listen ?? {}) as Partial<Record<string, unknown>>;
  return (
    socketNames.includes(name as SocketName) && typeof host === 'string' && Number.isInteger(port)
  );
}
