import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '@hatchery/config';
import { checkoutDirectory } from './checkout.ts';
import { preloadListPaths } from './preload-list.ts';
import { StartError } from './start-error.ts';

/**
 * The account that sessions run as without `forker.run_as`, where there is one. An installation by
 * root makes it.
 */
const defaultSessionAccount = 'hatchery-sessions';

const howToMake = `useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ${defaultSessionAccount}`;

/** An account as the system knows it. */
export interface SessionAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Who sessions run as: an account of their own, or the service's user, and then why. */
export type SessionUser =
  | { readonly account: SessionAccount; readonly reason: null }
  | { readonly account: null; readonly reason: string };

/**
 * What the service needs to run sessions as another account (capabilities(7)): to become it, to
 * give it pipes and the hosting root, to look after branches that are its own, and to end it.
 */
const needed = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
} as const;

/**
 * Decides who sessions run as; changes nothing. The rule: an account of their own wherever the
 * service can. `forker.run_as` names it, and must work then; else it is `hatchery-sessions`, and
 * what is in the way of that is the reason. The name of the service's own user is a wish for no
 * other account.
 * @throws {StartError} when the account that is configured cannot be used
 */
export function findSessionUser(config: Config): SessionUser {
  const { runAs } = config.forker;
  const name = runAs ?? defaultSessionAccount;
  const account = findAccount(name);
  if (account?.uid === process.getuid?.())
    return { account: null, reason: 'that is what forker.run_as names' };
  const trouble =
    account === null ? whyNoAccount(runAs) : (whyNoChange(runAs) ?? whyNotTheirs(config, account));
  if (account !== null && trouble === null) return { account, reason: null };
  if (runAs !== null) throw new StartError(trouble ?? '');
  return { account: null, reason: trouble ?? '' };
}

/**
 * The configuration with the account in force in place of the one that is asked for. @throws
 * {StartError} as {@link findSessionUser}
 */
export function withSessionUser(config: Config): Config {
  return {
    ...config,
    forker: { ...config.forker, runAs: findSessionUser(config).account?.name ?? null },
  };
}

/**
 * Asks the system's own tool, which knows every kind of user database; null when there is none of
 * that name.
 */
function findAccount(name: string): SessionAccount | null {
  const ask = (option: string): number =>
    Number(
      execFileSync('/usr/bin/id', [option, '--', name], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
  try {
    return { name, uid: ask('-u'), gid: ask('-g') };
  } catch {
    return null;
  }
}

/** The capabilities of this process in one set, as `CapEff` (proc_pid_status(5)). */
export function ownCapabilities(set: 'CapEff' | 'CapAmb'): bigint {
  const status = readFileSync('/proc/self/status', 'utf8');
  return BigInt(`0x${new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
}

function whyNoAccount(runAs: string | null): string {
  if (runAs !== null) return `forker.run_as: there is no user ${runAs} on this system`;
  return `there is no account ${defaultSessionAccount}; make it: ${howToMake}`;
}

function whyNoChange(runAs: string | null): string | null {
  const has = ownCapabilities('CapEff');
  const missing = Object.entries(needed).flatMap(([name, bit]) =>
    (has >> BigInt(bit)) & 1n ? [] : [name],
  );
  if (missing.length === 0) return null;
  const how = 'start it as root, or by deploy/hatchery.service';
  const asked = runAs === null ? '' : `forker.run_as = "${runAs}": `;
  return `${asked}the service (uid ${process.getuid?.() ?? '?'}) may not change users, it lacks ${missing.join(' ')}; ${how}`;
}

/** Why sessions of that account could not work with what is on the disk; null when they can. */
function whyNotTheirs(config: Config, account: SessionAccount): string | null {
  const { root } = config.hosting;
  const unreached = (
    [
      ['-x', existing(dirname(root))],
      ['-x', existing(config.runtimeDirectory)],
      ['-x', existing(config.stateDirectory)],
      ['-r', join(checkoutDirectory, 'apps/forker/zygote/zygote.py')],
      ...preloadListPaths(config.stateDirectory).flatMap((path) =>
        existsSync(path) ? [['-r', path] as const] : [],
      ),
    ] as const
  ).find(([test, path]) => !may(account, test, path));
  if (unreached !== undefined)
    return `sessions run as ${account.name}, who cannot reach ${unreached[1]}: a directory above it is closed to others`;
  const found = statSync(root, { throwIfNoEntry: false });
  if (found === undefined || found.uid === account.uid || isToBeGiven(root)) return null;
  return `${root} belongs to the user with uid ${found.uid}, but sessions run as ${account.name} (uid ${account.uid}); while the service is stopped: ${chown(config, account.name)}`;
}

/**
 * Why sessions cannot write to a place directly below a hosting root that is theirs; null when
 * nothing there is another's, or they have no account of their own. Such a place was made by hand.
 * It takes no account away from sessions, since that would give them more rights.
 */
export function foreignPlaceIn(config: Config): string | null {
  const { root } = config.hosting;
  const account = findAccount(config.forker.runAs ?? defaultSessionAccount);
  if (account === null || statSync(root, { throwIfNoEntry: false })?.uid !== account.uid)
    return null;
  const path = readdirSync(root)
    .map((name) => join(root, name))
    .find((place) => statSync(place, { throwIfNoEntry: false })?.uid !== account.uid);
  return path === undefined
    ? null
    : `sessions run as ${account.name}, and ${path} is not theirs: ${chown(config, account.name)}`;
}

function chown({ hosting }: Config, name: string): string {
  return `chown -R ${name} ${hosting.root}`;
}

/**
 * An empty hosting root of the service's own user was made for sessions, by us or by an operator.
 */
export function isToBeGiven(root: string): boolean {
  const found = statSync(root);
  return found.isDirectory() && found.uid === process.getuid?.() && readdirSync(root).length === 0;
}

/** The directory itself, or the nearest one above it that is there. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

/**
 * Asked as that account with no capability of ours, since the answer depends on every directory
 * above.
 */
export function may(
  { name, gid }: SessionAccount,
  test: '-r' | '-w' | '-x',
  path: string,
): boolean {
  const none = ['--init-groups', '--inh-caps=-all', '--ambient-caps=-all'];
  try {
    execFileSync(
      '/usr/bin/setpriv',
      [`--reuid=${name}`, `--regid=${gid}`, ...none, '--', '/usr/bin/test', test, path],
      {
        stdio: 'ignore',
      },
    );
    return true;
  } catch {
    return false;
  }
}
