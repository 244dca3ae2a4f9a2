import { lstatSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import { controlSocketPath, type Address, type Config } from '@hatchery/config';
import { readPartRecord, type PartRecord } from '@hatchery/daemon';
import type { Check } from './check.ts';

/** Ports and sockets: free, or held by the running service itself. */
export async function checkAddresses(config: Config): Promise<Check[]> {
  const forker = readPartRecord(config, 'forker');
  const sockets = [config.forker.socket, controlSocketPath(config)];
  return [
    await checkPort('ssh', config.ssh.listen, ownPort(readPartRecord(config, 'ssh-gateway'))),
    await checkPort('dashboard', config.dashboard.listen, ownPort(readPartRecord(config, 'dashboard'))),
    ...(await Promise.all(sockets.map((path) => checkSocket(path, forker !== null)))),
  ];
}

/** The port a running part of this instance says it listens on, or null. */
function ownPort(record: PartRecord | null): number | null {
  if (record === null) return null;
  const { ssh, listen } = record.details as { ssh?: Address; listen?: Address };
  return (ssh ?? listen)?.port ?? null;
}

async function checkPort(table: string, { host, port }: Address, own: number | null): Promise<Check> {
  const what = `[${table}] listen ${host}:${port}`;
  if (port === own) return { what: `${what} (the running service)`, trouble: null };
  const failure = await failureOf(createServer().listen({ host, port }), 'listening');
  if (failure === null) return { what, trouble: null };
  const change = `set listen under [${table}] in hatchery.toml`;
  const reasons: Partial<Record<string, string>> = {
    EADDRINUSE: `another program has it (ss -ltnp shows which); stop that one, or ${change}`,
    EACCES: `ports below 1024 need a privilege; ${change}`,
    EADDRNOTAVAIL: `${host} is no address of this machine; ${change}`,
    ENOTFOUND: `${host} is no address of this machine; ${change}`,
  };
  return { what, trouble: reasons[failure.code ?? ''] ?? `${failure.message}; ${change}` };
}

async function checkSocket(path: string, isOurs: boolean): Promise<Check> {
  const options: NetConnectOpts = { path };
  const failure = await failureOf(connect(options), 'connect');
  const what = `socket ${path}`;
  if (failure === null)
    return isOurs
      ? { what: `${what} (the running service)`, trouble: null }
      : { what, trouble: 'another service answers there; stop it, or configure another runtime_dir' };
  // A socket that nobody listens on is of a service that died; the next one replaces it.
  const isFree = failure.code === 'ENOENT' || (failure.code === 'ECONNREFUSED' && lstatSync(path).isSocket());
  return { what, trouble: isFree ? null : `something is in the way (${failure.message}); remove it` };
}

/** Why a server does not listen or a socket does not connect, or null when it does. It is closed again. */
function failureOf(
  endpoint: ReturnType<typeof createServer> | ReturnType<typeof connect>,
  success: string,
): Promise<NodeJS.ErrnoException | null> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
  endpoint.once('error', resolve);
  endpoint.once(success, () => {
    if ('destroy' in endpoint) resolve((endpoint.destroy(), null));
    else endpoint.close(() => resolve(null));
  });
  return promise;
}
