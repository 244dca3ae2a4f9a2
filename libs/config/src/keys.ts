import { join } from 'node:path';
import type { Address } from './config.ts';

import {
  address,
  algorithms,
  command,
  flag,
  integer,
  lockMode,
  mode,
  networks,
  oneOf,
  path,
  paths,
  seconds,
  startups,
  umask,
  accountName,
  userUrl,
  zeroOr,
  type Kind,
} from './kinds.ts';
import { machineMemoryBytes, sessionMemoryDefault, userMemoryDefault } from './machine-memory.ts';
import { defaultHostKey } from './paths.ts';
import { algorithmNames } from './ssh-algorithms.ts';
import { prefixes } from './prefixes.ts';
import { headerName, issuer, names, origins, word } from './sign-in-kinds.ts';

/** The directories from which other defaults follow. */
export interface Base {
  readonly directory: string;
  readonly state: string;
  readonly runtime: string;
}

/** One key of the file: how to read it, and its default. */
export interface Key<T> {
  readonly kind: Kind<T>;
  readonly fallback: (base: Base) => T;
}

/** A Node timer ends at 24.8 days; none of these waits makes sense beyond a week. */
const week = 604_800;

/** The integers that a JavaScript number holds exactly. */
const bytes = integer(0, Number.MAX_SAFE_INTEGER);

/** Every key that `hatchery.toml` may contain, by its dotted path. */
export const keys = {
  // Everything that must survive a restart is below one directory, so that it is backed up and
  // deleted as one.
  state_dir: key(path, ({ directory }) => join(directory, '.hatchery')),
  // Sockets and pipes: another directory because of the limit of a socket's path, and because it
  // may be a tmpfs.
  runtime_dir: key(path, ({ runtime }) => runtime),

  'hosting.root': key(path, ({ state }) => join(state, 'hosting')),
  // None: code hosting is public unless the operator says otherwise.
  'hosting.private': key(prefixes, (): readonly string[] => []),
  'hosting.read_only': key(flag, () => false),
  'hosting.file_reads': key(flag, () => false),
  // By default the umask that the service was started with, and nothing for other accounts.
  'hosting.umask': optional(umask),

  'forker.socket': key(path, ({ runtime }) => join(runtime, 'forker.sock')),
  // Any process that may connect may fork: the owner and the group of the gateway.
  'forker.socket_mode': key(mode, () => 0o660),
  // 1.1 MB of private memory each after the fork: 500 fit a machine with 2 GB beside their work.
  'forker.max_children': key(integer(1, 100_000), () => 500),
  // One user's runaway script leaves nine tenths to the others.
  'forker.max_children_per_user': key(integer(1, 100_000), () => 50),
  // A request is one short message of a local peer; a client that takes longer is stuck.
  'forker.request_timeout_s': key(seconds(0.01, 3600), () => 1),
  // The client opens the pipes at once, unless its machine swaps; a child that waits longer only
  // wastes memory.
  'forker.child_connect_timeout_s': key(seconds(0.1, week), () => 120),
  // How long a drain waits for running sessions: as long as Breezy's own serve.client_timeout.
  'forker.children_timeout_s': key(seconds(0, week), () => 300),
  // One is used while the next is made; more only helps bursts and costs memory all day. 0 switches
  // the pool off.
  'forker.pool_size': key(integer(0, 1000), () => 2),

  // False runs a Python for every session, with nothing preloaded: thirty times the start, and no
  // zygote to look after.
  'forker.fork': key(flag, () => true),
  // By default the sessions' account, where the service can change users and that account is usable
  // (libs/daemon).
  'forker.run_as': key<string | null>(accountName, () => null),

  // Of each session; 0 leaves a limit as the system has set it. An hour of computing: the largest
  // fetch measured took minutes; a longer session is stuck.
  'limits.cpu_s': key(integer(0, week), () => 3600),
  // Breezy holds several copies of the largest file it handles; a session that wants more endangers
  // the others.
  'limits.address_space_bytes': key(zeroOr(256 * 1024 ** 2, Number.MAX_SAFE_INTEGER), () =>
    sessionMemoryDefault(machineMemoryBytes()),
  ),
  // Of all sessions of one user together, measured four times a second.
  'limits.user_memory_bytes': key(zeroOr(64 * 1024 ** 2, Number.MAX_SAFE_INTEGER), () =>
    userMemoryDefault(machineMemoryBytes()),
  ),
  // A session holds at most tens of packs open. With 8 no zygote starts, with 12 a small branch can
  // be pushed.
  'limits.open_files': key(zeroOr(64, 1_048_576), () => 1024),
  // Off: a pack of a repository may be as large as its disk.
  'limits.file_size_bytes': key(bytes, () => 0),

  // Only this machine unless the operator says otherwise. 5022 needs no privilege.
  'ssh.listen': key(address, () => ({ host: '127.0.0.1', port: 5022 })),
  'ssh.host_keys': key(paths, ({ state }) => [defaultHostKey(state)]),
  // One worker moves 200 MB/s; more are for machines with cores to spare.
  'ssh.workers': key(integer(1, 256), () => 1),
  'ssh.users_dir': key(path, ({ state }) => join(state, 'users')),
  // None: an operator who has certificates says where they are.
  'ssh.host_certificates': key(paths, (): readonly string[] => []),
  'ssh.user_ca_keys': optional(path),
  'ssh.revoked_keys': optional(path),
  'ssh.key_lookup': key(oneOf('files', 'http', 'command'), () => 'files' as const),
  'ssh.key_lookup_url': optional(userUrl),
  'ssh.key_lookup_token_file': optional(path),
  'ssh.key_lookup_command': optional(command),
  // Without it, users whose keys come from a command are in no teams.
  'ssh.team_lookup_command': optional(command),
  // A tenth of the login grace: a person who waits longer believes that nothing happens.
  'ssh.key_lookup_timeout_s': key(seconds(0.1, 60), () => 5),
  // A removed key keeps working for this long; 0 asks each time.
  'ssh.key_lookup_cache_s': key(seconds(0, 3600), () => 30),
  // Cached answers live this much longer while their source is down, when a removal cannot be seen.
  // 0 lets no user in by a cached answer then.
  'ssh.key_lookup_outage_s': key(seconds(0, 86_400), () => 900),
  // As in sshd_config(5): + appends to the defaults, ^ puts before them, - removes from them. The
  // gateway offers the same list to every client.
  'ssh.kex_algorithms': key(algorithms('kex'), () => algorithmNames('kex', 'default')),
  'ssh.ciphers': key(algorithms('ciphers'), () => algorithmNames('ciphers', 'default')),
  'ssh.macs': key(algorithms('macs'), () => algorithmNames('macs', 'default')),
  // Offered are those of them that host_keys and host_certificates can sign for.
  'ssh.host_key_algorithms': key(algorithms('hostKeys'), () =>
    algorithmNames('hostKeys', 'default'),
  ),
  // sshd has 120; with keys only, users type no password here.
  'ssh.login_grace_s': key(seconds(0.1, 3600), () => 60),
  // Ten times sshd's 10:30:100: a hosting service sees whole build farms at once.
  'ssh.max_startups': key(startups, () => ({ start: 100, ratePercent: 30, full: 300 })),
  // A third of them, so that no single address can use up what all share.
  'ssh.max_startups_per_source': key(integer(1, 100_000), () => 100),
  // Addresses that many clients share, such as the NAT of a build farm: the limit per source does
  // not apply to them.
  'ssh.limit_exempt': key(networks, () => []),
  'ssh.max_sessions_per_user': key(integer(1, 100_000), () => 50),
  // Off by default: a branch of many gigabytes may keep a client busy for long. 0 switches it off.
  'ssh.idle_timeout_s': key(seconds(0, week), () => 0),
  // Only a balancer in front may name the peer; trusting every client would allow forged addresses.
  'ssh.proxy_protocol': key(oneOf('off', 'require'), () => 'off' as const),
  // The senders whose PROXY headers are trusted: a balancer on this machine, unless the operator
  // says otherwise.
  'ssh.proxy_from': key(networks, () => ['127.0.0.0/8', '::1/128']),
  // Health and metrics over TCP, for a balancer or a Prometheus elsewhere. By default only the
  // control socket has them.
  'ssh.status_listen': key<Address | null>(address, () => null),
  // A user can read a refusal at once; a plain spawn takes thirty times as long to start.
  'ssh.fallback': key(oneOf('spawn', 'refuse'), () => 'refuse' as const),

  'dashboard.listen': key(address, () => ({ host: '127.0.0.1', port: 5080 })),
  'dashboard.auth': key(oneOf('token', 'proxy', 'oidc'), () => 'token' as const),
  // Names of branches and the audit are for signed-in people: every account of this machine reaches
  // a loopback address.
  'dashboard.anonymous': key(oneOf('none', 'viewer'), () => 'none' as const),
  'dashboard.origins': key(origins, () => []),
  'dashboard.admins': key(names, () => []),
  'dashboard.operators': key(names, () => []),
  'dashboard.viewers': key(names, () => []),
  // None by default: every program of this machine can connect from 127.0.0.1.
  'dashboard.proxy_from': key(networks, () => []),
  'dashboard.proxy_socket': optional(path),
  'dashboard.proxy_user_header': key(headerName, () => 'x-forwarded-user'),
  'dashboard.proxy_groups_header': key(headerName, () => 'x-forwarded-groups'),
  'dashboard.oidc_issuer': optional(issuer),
  'dashboard.oidc_client_id': optional(word),
  'dashboard.oidc_client_secret_file': optional(path),
  'dashboard.oidc_scopes': key(names, () => ['openid', 'profile']),
  // The subject is never reassigned, but colleagues would not recognize a person by it.
  'dashboard.oidc_user_claim': key(word, () => 'preferred_username'),
  'dashboard.oidc_groups_claim': key(word, () => 'groups'),
  // Only signed-in people, unless the operator says who scrapes.
  'dashboard.metrics_from': key(networks, () => []),
  // One shift.
  'dashboard.session_s': key(seconds(60, week), () => 43_200),
  // How long a person whose access was revoked may still act.
  'dashboard.session_recheck_s': key(seconds(1, 86_400), () => 300),

  'locks.dir': key(path, ({ state }) => join(state, 'locks')),
  // Any account that may read a lock's file may hold the lock (flock(2)): by default only that of
  // the service.
  'locks.mode': key(lockMode, () => 0o600),
  // A holder's death is known at once; its reconnecting client deserves the time of a TCP retry.
  'locks.orphan_grace_s': key(seconds(0, week), () => 10),

  'log.level': key(oneOf('debug', 'info', 'warn', 'error'), () => 'info' as const),
  'log.format': key(oneOf('json', 'text'), () => 'text' as const),
};

/** A dotted path that `hatchery.toml` may contain. */
export type KeyPath = keyof typeof keys;

/** The type of a key's value. */
export type ValueOf<K extends KeyPath> =
  ReturnType<(typeof keys)[K]['fallback']> | ReturnType<(typeof keys)[K]['kind']>;

/** A key without a default. */
function optional<T>(kind: Kind<T>): Key<T | null> {
  return { kind, fallback: () => null };
}

function key<T>(kind: Kind<T>, fallback: (base: Base) => T): Key<T> {
  return { kind, fallback };
}
