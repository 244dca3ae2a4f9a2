import { statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@hatchery/config';
import { isUserName } from '@hatchery/protocol';
import { noKeyIsLetIn } from '@hatchery/ssh-keys';
import { exitDone, exitFailed, expectWords, type Invocation } from '../command.ts';
import { table } from '../terminal/table.ts';
import { keysOf } from './key-file.ts';
import { teamsIn } from './team-file.ts';
import { entriesOf } from './user-file.ts';

/**
 * A user in the format of `hatchery user list --json`; null for what cannot be read, with the
 * reason in `trouble`.
 */
export interface ListedUser {
  readonly name: string;
  /** The keys that the gateway accepts. */
  readonly keys: number | null;
  readonly fingerprints: readonly string[];
  readonly teams: readonly string[] | null;
  readonly trouble: string | null;
}

/**
 * Prints who may log in; returns the exit code. A user whose files cannot be read hides none of the
 * others.
 */
export function list(invocation: Invocation): number {
  expectWords(invocation, 'list');
  const users = usersIn(invocation.config, (line) => invocation.say(`user: ${line}`));
  if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(users)}\n`);
  else if (users.length === 0)
    invocation.print(invocation.hint('nobody may log in yet; hatchery user add NAME --key FILE\n'));
  else if (invocation.options['keys'] === true)
    invocation.print(
      table(
        ['NAME', 'KEY'],
        users.flatMap(({ name, fingerprints }) =>
          fingerprints.map((fingerprint) => [name, fingerprint]),
        ),
      ),
    );
  else
    invocation.print(
      table(
        ['NAME', 'KEYS', 'TEAMS'],
        users.map(({ name, keys, teams }) => [name, String(keys ?? '?'), teams?.join(', ') ?? '?']),
      ),
    );
  const troubles = users.filter(({ trouble }) => trouble !== null);
  for (const { name, trouble } of troubles)
    invocation.say(`user: ${name} cannot log in: ${trouble}`);
  return troubles.length === 0 ? exitDone : exitFailed;
}

/**
 * All users that the gateway would look up, by name. Calls `leftOut` for each line of keys or teams
 * that the gateway skips, and for directories whose name cannot be a user's.
 */
export function usersIn(
  { ssh, stateDirectory }: Config,
  leftOut: (line: string) => void,
): ListedUser[] {
  const { usersDirectory: directory } = ssh;
  const entries = entriesOf(directory);
  entries.filter(isStranger).forEach(({ name }) => leftOut(strangerWords(directory, name)));
  return entries
    .map(({ name }) => name.toString())
    .filter(isUserName)
    .toSorted()
    .map((name) => {
      const user = describe(directory, name, leftOut);
      const trouble = user.trouble ?? unreadableToService(stateDirectory, join(directory, name));
      return { ...user, trouble };
    });
}

/**
 * It looks like a user's directory but has a name that no user can have. Files and hidden names
 * belong to the operator.
 */
function isStranger(entry: Dirent<Buffer>): boolean {
  const name = entry.name.toString();
  const isOfSystem = name.startsWith('.') || name === 'lost+found';
  return (entry.isDirectory() || entry.isSymbolicLink()) && !isUserName(name) && !isOfSystem;
}

function strangerWords(directory: string, name: Buffer): string {
  const rule = "a user's name has small letters, digits, '.', '_' and '-', at most 64";
  return `${directory}/ has ${shellWord(name)}, which lets nobody in: ${rule}; rename it with mv`;
}

/** Quotes a name for bash, whatever its bytes: nothing in it acts on a terminal. */
function shellWord(name: Buffer): string {
  const text = name.toString('latin1');
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  const escaped = [...name].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped.join('')}'`;
}

function describe(directory: string, name: string, leftOut: (line: string) => void): ListedUser {
  const [keys, teams] = [
    attempt(() => keysOf(directory, name)),
    attempt(() => teamsIn(directory, name)),
  ];
  const useless = keys instanceof Error ? null : noKeyIsLetIn(keys);
  const trouble =
    [keys, teams].find((one) => one instanceof Error)?.message ??
    (useless === null ? null : `${join(directory, name, 'authorized_keys')}: ${useless}`);
  for (const [file, read] of [
    // The trouble covers unusable keys.
    ['authorized_keys', useless === null ? keys : null],
    ['teams', teams],
  ] as const)
    if (read !== null && !(read instanceof Error))
      for (const { line, reason } of read.ignored)
        leftOut(`${name}: line ${line} of ${join(directory, name, file)} is left out: ${reason}`);
  const usable = keys instanceof Error ? [] : keys.keys;
  return {
    name,
    keys: keys instanceof Error ? null : usable.length,
    fingerprints: usable.map(({ key }) => key.fingerprint),
    teams: teams instanceof Error ? null : teams.teams,
    trouble,
  };
}

function attempt<T>(reading: () => T): T | Error {
  try {
    return reading();
  } catch (error) {
    return error as Error;
  }
}

/** Root reads everything; the modes say whether the service's user, who owns the state, can. */
function unreadableToService(stateDirectory: string, directory: string): string | null {
  const uid = statSync(stateDirectory, { throwIfNoEntry: false })?.uid ?? 0;
  if (uid === 0 || process.getuid?.() !== 0) return null;
  const paths = [directory, join(directory, 'authorized_keys'), join(directory, 'teams')];
  const isClosed = (path: string): boolean => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && stat.uid !== uid && (stat.mode & 0o044) === 0;
  };
  const closed = paths.find(isClosed);
  return closed === undefined
    ? null
    : `uid ${uid} of the service may not read ${closed}; chown -R ${uid} ${directory}`;
}
