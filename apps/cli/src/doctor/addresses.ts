import { lstatSync } from 'node:fs';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import { dirname } from 'node:path';
import {
  controlSocketPath,
  gatewayControlSocketPath,
  type Address,
  type Config,
} from '@hatchery/config';
import { readPartRecord, type PartRecord } from '@hatchery/daemon';
import { hiddenRecords } from '../service/records.ts';
import type { Check } from './check.ts';
import { systemdOnPort } from './systemd-socket.ts';

/** Ports and sockets: free, or held by the running service itself. */
export async function checkAddresses(config: Config): Promise<Check[]> {
  const forker = readPartRecord(config, 'forker');
  const gateway = readPartRecord(config, 'ssh-gateway');
  const dashboard = readPartRecord(config, 'dashboard');
  const { statusListen } = config.ssh;
  const sockets = [config.forker.socket, controlSocketPath(config)];
  return [
    await checkPort('ssh', 'listen', config.ssh.listen, ownPort(gateway), config),
    ...(statusListen === null
      ? []
      : [await checkPort('ssh', 'status_listen', statusListen, ownStatusPort(gateway), config)]),
    await checkPort('dashboard', 'listen', config.dashboard.listen, ownPort(dashboard), config),
    ...checkSharing(config),
    ...(await Promise.all(sockets.map((path) => checkSocket(path, forker !== null)))),
    await checkSocket(gatewayControlSocketPath(config), gateway !== null),
  ];
}

/**
 * Two keys of the configuration that want the same port: each alone is free, together they are not.
 */
function checkSharing({ ssh, dashboard }: Config): Check[] {
  const wanted = [
    ['[ssh] listen', ssh.listen],
    ['[ssh] status_listen', ssh.statusListen],
    ['[dashboard] listen', dashboard.listen],
  ] as const;
  const shown = wanted.flatMap(([key, address]) =>
    address === null || address.port === 0
      ? []
      : [{ key, address: `${address.host}:${address.port}` }],
  );
  return [...Map.groupBy(shown, ({ address }) => address)]
    .filter(([, keys]) => keys.length > 1)
    .map(([address, keys]) => ({
      what: `${keys.map(({ key }) => key).join(' and ')} ${address}`,
      trouble: 'they want the same port; give each its own in hatchery.toml',
    }));
}

function ownStatusPort(record: PartRecord | null): number | null {
  return (record?.details as { status?: Address } | undefined)?.status?.port ?? null;
}

/** The port that a running part of this instance reports, or null. */
function ownPort(record: PartRecord | null): number | null {
  if (record === null) return null;
  const { ssh, listen } = record.details as { ssh?: Address; listen?: Address };
  return (ssh ?? listen)?.port ?? null;
}

async function checkPort(
  table: string,
  key: string,
  { host, port }: Address,
  own: number | null,
  config: Config,
): Promise<Check> {
  const what = `[${table}] ${key} ${host}:${port}`;
  if (port === own) return { what: `${what} (the running service)`, trouble: null };
  const failure = await failureOf(createServer().listen({ host, port }), 'listening');
  if (failure === null) return { what, trouble: null };
  const hidden = failure.code === 'EADDRINUSE' ? hiddenRecords(config) : null;
  if (hidden !== null) return { what, trouble: `it is taken, and ${hidden}` };
  const systemd = failure.code === 'EADDRINUSE' ? systemdOnPort(port) : null;
  if (systemd !== null)
    return {
      what: `${what} (${systemd} listens for it, and starts what serves at the next client)`,
      trouble: null,
    };
  const change = `set ${key} under [${table}] in hatchery.toml`;
  const reasons: Partial<Record<string, string>> = {
    EADDRINUSE: `another program has it (ss -ltnp shows which); stop that one, or ${change}`,
    EACCES: `ports below 1024 need a privilege (EACCES); ${change}`,
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
      : {
          what,
          trouble: 'another service answers there; stop it, or configure another runtime_dir',
        };
  if (failure.code === 'EACCES')
    return {
      what,
      trouble: `uid ${process.geteuid?.() ?? '?'} may not look at it (EACCES); run doctor as the service's user`,
    };
  // A socket without a listener was left by a service that died; the next one replaces it.
  const isFree =
    failure.code === 'ENOENT' || (failure.code === 'ECONNREFUSED' && lstatSync(path).isSocket());
  if (failure.code === 'ENOTDIR')
    return {
      what,
      trouble: `a file is in the place of its directory, ${dirname(path)}; move it away`,
    };
  return { what, trouble: isFree ? null : `something is in the way (${failure.code}); remove it` };
}

/** Why a server cannot listen or a socket cannot connect, or null when it can. Closes it again. */
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
