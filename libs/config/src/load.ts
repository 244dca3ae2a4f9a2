import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkEntries } from './check.ts';
import type { Config } from './config.ts';
import { keys, type Base, type KeyPath, type ValueOf } from './keys.ts';
import { ConfigError } from './problem.ts';
import { checkSignIn } from './sign-in-check.ts';
import { checkSocketPaths, defaultRuntimeDirectory } from './socket-path.ts';
import { readToml, type TomlReading } from './toml.ts';

/** Where the configuration comes from; all optional, as on every command line. */
export interface LoadOptions {
  /**
   * `--config FILE`; without it `hatchery.toml` in `directory` is read if it exists. See {@link
   * defaultConfigFile}.
   */
  readonly configFile?: string | undefined;
  /** `--state-dir DIR`, which takes precedence over the file's `state_dir`. */
  readonly stateDirectory?: string | undefined;
  /**
   * The checkout, to which defaults are relative; relative paths inside a file refer to that file's
   * directory.
   */
  readonly directory: string;
  /** Takes precedence over the file's `runtime_dir`: where a running service has its sockets. */
  readonly runtimeDirectory?: string | undefined;
  /**
   * The user in whose runtime directory a short name is chosen when the usual path is too long for
   * a socket; by default the owner of the state directory, else our own user.
   */
  readonly uid?: number | undefined;
}

/** The configuration of the machine's one service. */
const systemConfigFile = '/etc/hatchery.toml';

/**
 * The file to read when none is named: that of the checkout, else that of the system; undefined
 * when neither exists.
 */
export function defaultConfigFile(
  directory: string,
  system: string = systemConfigFile,
): string | undefined {
  return [join(directory, 'hatchery.toml'), system].find((file) => existsSync(file));
}

/**
 * Reads and checks the configuration. @throws {ConfigError} naming every problem with file, line
 * and key
 */
export function loadConfig(options: LoadOptions): Config {
  const file = options.configFile ?? join(options.directory, 'hatchery.toml');
  const reading = readFileIfAny(file, options.configFile !== undefined);
  const { values, lines, problems } = checkEntries(reading.entries, dirname(resolve(file)));
  const state =
    options.stateDirectory === undefined
      ? values.get('state_dir')
      : resolve(options.stateDirectory);
  const config = assemble(values, directories(options, state, values.get('runtime_dir')));
  const own = [...reading.problems, ...problems];
  // A missing setting may be on a line that was refused: a second complaint about it would be
  // wrong.
  const isDashboardRead = own.every(({ key }) => key !== null && !key.startsWith('dashboard'));
  const all = [
    ...own,
    ...checkSocketPaths(config, lines),
    ...(isDashboardRead ? checkSignIn(config.dashboard, lines) : []),
  ];
  if (all.length > 0)
    throw new ConfigError(
      file,
      all.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    );
  return config;
}

function readFileIfAny(file: string, wasNamed: boolean): TomlReading {
  try {
    return readToml(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT' && !wasNamed) return { entries: [], problems: [] };
    throw new ConfigError(file, [
      { line: null, key: null, message: whyUnread(error as NodeJS.ErrnoException) },
    ]);
  }
}

/** The message with what to do about it, where that is known. */
function whyUnread({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EISDIR') return 'is a directory; a configuration is a file, as hatchery.toml';
  if (code === 'EACCES')
    return `uid ${process.getuid?.() ?? '?'} may not read it; chown or chmod it`;
  return `cannot be read (${message})`;
}

function directories(options: LoadOptions, ownState: unknown, ownRuntime: unknown): Base {
  const { directory, runtimeDirectory } = options;
  const state = typeof ownState === 'string' ? ownState : join(directory, '.hatchery');
  const written = typeof ownRuntime === 'string' ? ownRuntime : undefined;
  const runtime =
    runtimeDirectory ?? written ?? defaultRuntimeDirectory(state, options.uid ?? ownerOf(state));
  return { directory, state, runtime };
}

/** The owner of a directory; if it does not exist yet, the user who will make it. */
function ownerOf(state: string): number {
  const own = process.getuid?.() ?? 0;
  try {
    return statSync(state, { throwIfNoEntry: false })?.uid ?? own;
  } catch {
    return own;
  }
}

function assemble(values: ReadonlyMap<KeyPath, unknown>, base: Base): Config {
  const take: Take = (path) => (values.get(path) ?? keys[path].fallback(base)) as never;
  return {
    stateDirectory: base.state,
    runtimeDirectory: base.runtime,
    hosting: {
      root: take('hosting.root'),
      private: take('hosting.private'),
      readOnly: take('hosting.read_only'),
      fileReads: take('hosting.file_reads'),
      umask: take('hosting.umask'),
    },
    forker: {
      socket: take('forker.socket'),
      socketMode: take('forker.socket_mode'),
      childrenMax: take('forker.max_children'),
      childrenPerUserMax: take('forker.max_children_per_user'),
      requestTimeoutS: take('forker.request_timeout_s'),
      childConnectTimeoutS: take('forker.child_connect_timeout_s'),
      childrenTimeoutS: take('forker.children_timeout_s'),
      poolSize: take('forker.pool_size'),
      fork: take('forker.fork'),
      runAs: take('forker.run_as'),
    },
    limits: {
      cpuS: take('limits.cpu_s'),
      addressSpaceBytes: take('limits.address_space_bytes'),
      userMemoryBytes: take('limits.user_memory_bytes'),
      openFiles: take('limits.open_files'),
      fileSizeBytes: take('limits.file_size_bytes'),
    },
    ssh: {
      listen: take('ssh.listen'),
      hostKeys: take('ssh.host_keys'),
      workers: take('ssh.workers'),
      usersDirectory: take('ssh.users_dir'),
      hostCertificates: take('ssh.host_certificates'),
      userAuthorities: take('ssh.user_ca_keys'),
      revokedKeys: take('ssh.revoked_keys'),
      keyLookup: keyLookupOf(take),
      algorithms: algorithmsOf(take),
      loginGraceS: take('ssh.login_grace_s'),
      startupsMax: take('ssh.max_startups'),
      startupsPerSourceMax: take('ssh.max_startups_per_source'),
      limitExempt: take('ssh.limit_exempt'),
      sessionsPerUserMax: take('ssh.max_sessions_per_user'),
      idleTimeoutS: take('ssh.idle_timeout_s'),
      proxyProtocol: take('ssh.proxy_protocol'),
      proxyFrom: take('ssh.proxy_from'),
      statusListen: take('ssh.status_listen'),
      fallback: take('ssh.fallback'),
    },
    dashboard: dashboardOf(take),
    locks: {
      directory: take('locks.dir'),
      mode: take('locks.mode'),
      orphanGraceS: take('locks.orphan_grace_s'),
    },
    log: { level: take('log.level'), format: take('log.format') },
  };
}

type Take = <K extends KeyPath>(path: K) => ValueOf<K>;

function algorithmsOf(take: Take): Config['ssh']['algorithms'] {
  const [kex, hostKeys] = [take('ssh.kex_algorithms'), take('ssh.host_key_algorithms')];
  return { kex, ciphers: take('ssh.ciphers'), macs: take('ssh.macs'), hostKeys };
}

function dashboardOf(take: Take): Config['dashboard'] {
  return {
    listen: take('dashboard.listen'),
    auth: take('dashboard.auth'),
    anonymous: take('dashboard.anonymous'),
    origins: take('dashboard.origins'),
    roles: {
      admins: take('dashboard.admins'),
      operators: take('dashboard.operators'),
      viewers: take('dashboard.viewers'),
    },
    proxy: {
      from: take('dashboard.proxy_from'),
      socket: take('dashboard.proxy_socket'),
      userHeader: take('dashboard.proxy_user_header'),
      groupsHeader: take('dashboard.proxy_groups_header'),
    },
    oidc: {
      issuer: take('dashboard.oidc_issuer'),
      clientId: take('dashboard.oidc_client_id'),
      clientSecretFile: take('dashboard.oidc_client_secret_file'),
      scopes: take('dashboard.oidc_scopes'),
      userClaim: take('dashboard.oidc_user_claim'),
      groupsClaim: take('dashboard.oidc_groups_claim'),
    },
    metricsFrom: take('dashboard.metrics_from'),
    sessionS: take('dashboard.session_s'),
    sessionRecheckS: take('dashboard.session_recheck_s'),
  };
}

function keyLookupOf(take: Take): Config['ssh']['keyLookup'] {
  return {
    source: take('ssh.key_lookup'),
    url: take('ssh.key_lookup_url'),
    tokenFile: take('ssh.key_lookup_token_file'),
    command: take('ssh.key_lookup_command'),
    teamsCommand: take('ssh.team_lookup_command'),
    timeoutS: take('ssh.key_lookup_timeout_s'),
    cacheS: take('ssh.key_lookup_cache_s'),
    outageS: take('ssh.key_lookup_outage_s'),
  };
}
