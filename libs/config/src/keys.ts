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

/** The directories that other defaults stand in. */
export interface Base {
  readonly directory: string;
  readonly state: string;
  readonly runtime: string;
}

/** One key of the file: how it is read, and what it is without being there. */
export interface Key<T> {
  readonly kind: Kind<T>;
  readonly fallback: (base: Base) => T;
}

/** A timer of Node's ends at 24.8 days; a week is more than any of these waits can mean. */
const week = 604_800;

/** What a number of JavaScript holds without loss. */
const bytes = integer(0, Number.MAX_SAFE_INTEGER);

/** Every key `hatchery.toml` may hold, by its dotted path. */
export const keys = {
  // Everything that must survive a restart stands below one directory, so that it is backed up and
  // thrown away as one.
  state_dir: key(path, ({ directory }) => join(directory, '.hatchery')),
  // Sockets and pipes: another directory because of the limit of a socket's path, and because it
  // may be a tmpfs.
  runtime_dir: key(path, ({ runtime }) => runtime),

  'hosting.root': key(path, ({ state }) => join(state, 'hosting')),
  // None: code hosting is public until somebody says otherwise.
  'hosting.private': key(prefixes, (): readonly string[] => []),
  'hosting.read_only': key(flag, () => false),
  'hosting.file_reads': key(flag, () => false),
  // Without it the umask that the service was started with, and nothing for accounts that are in
  // neither place.
  'hosting.umask': optional(umask),

  'forker.socket': key(path, ({ runtime }) => join(runtime, 'forker.sock')),
  // Whoever may connect may fork: the owner and the group of the gateway.
  'forker.socket_mode': key(mode, () => 0o660),
  // 1.1 MB of private memory each after the fork: 500 fit a machine with 2 GB beside their work.
  'forker.max_children': key(integer(1, 100_000), () => 500),
  // One user's runaway script leaves nine tenths to the others.
  'forker.max_children_per_user': key(integer(1, 100_000), () => 50),
  // A request is one short message of a local peer; whoever takes longer is stuck.
  'forker.request_timeout_s': key(seconds(0.01, 3600), () => 1),
  // The client opens the pipes at once, unless its machine swaps; after that the child only holds
  // memory.
  'forker.child_connect_timeout_s': key(seconds(0.1, week), () => 120),
  // How long a drain waits for running sessions: as long as Breezy's own serve.client_timeout.
  'forker.children_timeout_s': key(seconds(0, week), () => 300),
  // One being used while the next is made; more only helps bursts and costs memory all day. 0
  // switches the pool off.
  'forker.pool_size': key(integer(0, 1000), () => 2),

  // False runs a Python for every session, with nothing loaded ahead: thirty times the start, and
  // no zygote to look after.
  'forker.fork': key(flag, () => true),
  // Without it the account of sessions, where the service can change users and that account can be
  // used (libs/daemon).
  'forker.run_as': key<string | null>(accountName, () => null),

  // Of one session each; 0 leaves a limit as the system has set it.
  // An hour of computing: the largest fetch measured took minutes, and what runs longer is stuck.
  'limits.cpu_s': key(integer(0, week), () => 3600),
  // Breezy holds some copies of the largest file it handles; a session that wants more endangers
  // the others.
  'limits.address_space_bytes': key(zeroOr(256 * 1024 ** 2, Number.MAX_SAFE_INTEGER), () =>
    sessionMemoryDefault(machineMemoryBytes()),
  ),
  // Of all sessions of one user together, as they are looked at four times a second.
  'limits.user_memory_bytes': key(zeroOr(64 * 1024 ** 2, Number.MAX_SAFE_INTEGER), () =>
    userMemoryDefault(machineMemoryBytes()),
  ),
  // A session holds tens of packs open at the most. With 8 no zygote comes up, with 12 a small
  // branch can be pushed.
  'limits.open_files': key(zeroOr(64, 1_048_576), () => 1024),
  // Off: a pack of a repository may be as large as its disk.
  'limits.file_size_bytes': key(bytes, () => 0),

  // Only this machine until somebody says otherwise. 5022 needs no privilege.
  'ssh.listen': key(address, () => ({ host: '127.0.0.1', port: 5022 })),
  'ssh.host_keys': key(paths, ({ state }) => [defaultHostKey(state)]),
  // One worker moves 200 MB/s; more are for machines with cores to spare.
  'ssh.workers': key(integer(1, 256), () => 1),
  'ssh.users_dir': key(path, ({ state }) => join(state, 'users')),
  // None: who has certificates says where they are.
  'ssh.host_certificates': key(paths, (): readonly string[] => []),
  'ssh.user_ca_keys': optional(path),
  'ssh.revoked_keys': optional(path),
  'ssh.key_lookup': key(oneOf('files', 'http', 'command'), () => 'files' as const),
  'ssh.key_lookup_url': optional(userUrl),
  'ssh.key_lookup_token_file': optional(path),
  'ssh.key_lookup_command': optional(command),
  // Without it users whose keys come from a command are in no teams.
  'ssh.team_lookup_command': optional(command),
  // A tenth of the login grace: a person who waits longer believes that nothing happens.
  'ssh.key_lookup_timeout_s': key(seconds(0.1, 60), () => 5),
  // A key that was taken away works for as long; 0 asks each time.
  'ssh.key_lookup_cache_s': key(seconds(0, 3600), () => 30),
  // So much longer while its source does not answer: nobody can say then whether it was taken away.
  // 0 lets nobody in by what is only remembered.
  'ssh.key_lookup_outage_s': key(seconds(0, 86_400), () => 900),
  // As sshd_config(5) has them: with + behind the defaults, ^ before them, - without. Offered to
  // all alike, whatever they call themselves.
  'ssh.kex_algorithms': key(algorithms('kex'), () => algorithmNames('kex', 'default')),
  'ssh.ciphers': key(algorithms('ciphers'), () => algorithmNames('ciphers', 'default')),
  'ssh.macs': key(algorithms('macs'), () => algorithmNames('macs', 'default')),
  // Of these the ones that host_keys and host_certificates can sign for.
  'ssh.host_key_algorithms': key(algorithms('hostKeys'), () =>
    algorithmNames('hostKeys', 'default'),
  ),
  // sshd has 120; nobody types a password here.
  'ssh.login_grace_s': key(seconds(0.1, 3600), () => 60),
  // Ten times sshd's 10:30:100: a hosting service sees whole build farms at once.
  'ssh.max_startups': key(startups, () => ({ start: 100, ratePercent: 30, full: 300 })),
  // A third of them, so that no single address can use up what all share.
  'ssh.max_startups_per_source': key(integer(1, 100_000), () => 100),
  // Addresses that many clients share, as the NAT of a build farm: the limit per source does not
  // hold for them.
  'ssh.limit_exempt': key(networks, () => []),
  'ssh.max_sessions_per_user': key(integer(1, 100_000), () => 50),
  // Off: a branch of many gigabytes may keep a client busy for long. 0 switches it off.
  'ssh.idle_timeout_s': key(seconds(0, week), () => 0),
  // Only a balancer in front may name the peer; believing anybody would forge addresses.
  'ssh.proxy_protocol': key(oneOf('off', 'require'), () => 'off' as const),
  // Whose PROXY headers are believed: a balancer on this machine, until somebody says otherwise.
  'ssh.proxy_from': key(networks, () => ['127.0.0.0/8', '::1/128']),
  // Health and metrics over TCP, for a balancer or a Prometheus elsewhere. Without it they are on
  // the control socket alone.
  'ssh.status_listen': key<Address | null>(address, () => null),
  // A refusal can be read at once; a plain spawn costs thirty times the start.
  'ssh.fallback': key(oneOf('spawn', 'refuse'), () => 'refuse' as const),

  'dashboard.listen': key(address, () => ({ host: '127.0.0.1', port: 5080 })),
  'dashboard.auth': key(oneOf('token', 'proxy', 'oidc'), () => 'token' as const),
  // Names of branches and the audit are for people who have signed in: every account of this
  // machine reaches a loopback address.
  'dashboard.anonymous': key(oneOf('none', 'viewer'), () => 'none' as const),
  'dashboard.origins': key(origins, () => []),
  'dashboard.admins': key(names, () => []),
  'dashboard.operators': key(names, () => []),
  'dashboard.viewers': key(names, () => []),
  // Nobody is believed until somebody says whom: every program of this machine can speak from
  // 127.0.0.1.
  'dashboard.proxy_from': key(networks, () => []),
  'dashboard.proxy_socket': optional(path),
  'dashboard.proxy_user_header': key(headerName, () => 'x-forwarded-user'),
  'dashboard.proxy_groups_header': key(headerName, () => 'x-forwarded-groups'),
  'dashboard.oidc_issuer': optional(issuer),
  'dashboard.oidc_client_id': optional(word),
  'dashboard.oidc_client_secret_file': optional(path),
  'dashboard.oidc_scopes': key(names, () => ['openid', 'profile']),
  // The subject never changes hands, but nobody knows a colleague by it.
  'dashboard.oidc_user_claim': key(word, () => 'preferred_username'),
  'dashboard.oidc_groups_claim': key(word, () => 'groups'),
  // Nobody but who is signed in, until somebody says who scrapes.
  'dashboard.metrics_from': key(networks, () => []),
  // One shift.
  'dashboard.session_s': key(seconds(60, week), () => 43_200),
  // How long somebody who was sent away may still act.
  'dashboard.session_recheck_s': key(seconds(1, 86_400), () => 300),

  'locks.dir': key(path, ({ state }) => join(state, 'locks')),
  // Whoever may read a lock's file may hold the lock (flock(2)): only the account of the service,
  // until somebody says who else.
  'locks.mode': key(lockMode, () => 0o600),
  // A holder that died is known at once; its reconnecting client deserves the time of a TCP retry.
  'locks.orphan_grace_s': key(seconds(0, week), () => 10),

  'log.level': key(oneOf('debug', 'info', 'warn', 'error'), () => 'info' as const),
  'log.format': key(oneOf('json', 'text'), () => 'text' as const),
};

/** A dotted path that `hatchery.toml` may hold. */
export type KeyPath = keyof typeof keys;

/** What a key's value is when read. */
export type ValueOf<K extends KeyPath> =
  ReturnType<(typeof keys)[K]['fallback']> | ReturnType<(typeof keys)[K]['kind']>;

/** A key that has no value unless it is there. */
function optional<T>(kind: Kind<T>): Key<T | null> {
  return { kind, fallback: () => null };
}

function key<T>(kind: Kind<T>, fallback: (base: Base) => T): Key<T> {
  return { kind, fallback };
}
