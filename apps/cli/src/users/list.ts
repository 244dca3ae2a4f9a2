import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isUserName } from '@hatchery/ssh-keys';
import { exitDone, exitFailed, expectWords, type Invocation } from '../command.ts';
import { table } from '../table.ts';
import { keysOf } from './key-file.ts';
import { teamsOf } from './team-file.ts';
import { entriesOf } from './user-file.ts';

/** A user as `hatchery user list --json` tells of them; what cannot be read is null, and `trouble` says why. */
export interface ListedUser {
  readonly name: string;
  /** Those that the gateway lets in. */
  readonly keys: number | null;
  readonly fingerprints: readonly string[];
  readonly teams: readonly string[] | null;
  readonly trouble: string | null;
}

/** Prints who may log in; the exit code. One user whose files cannot be read hides none of the others. */
export function list(invocation: Invocation): number {
  expectWords(invocation, 'list');
  const users = usersIn(invocation.config.ssh.usersDirectory, (line) => invocation.say(`user: ${line}`));
  if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(users)}\n`);
  else if (users.length === 0) invocation.print('nobody may log in yet; hatchery user add NAME --key FILE\n');
  else if (invocation.options['keys'] === true)
    invocation.print(
      table(
        ['NAME', 'KEY'],
        users.flatMap(({ name, fingerprints }) => fingerprints.map((fingerprint) => [name, fingerprint])),
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
  for (const { name, trouble } of troubles) invocation.say(`user: ${name} cannot log in: ${trouble}`);
  return troubles.length === 0 ? exitDone : exitFailed;
}

/** Everybody whom the gateway would look up, by name. `leftOut` is told of each line of keys that lets nobody in. */
export function usersIn(directory: string, leftOut: (line: string) => void): ListedUser[] {
  return entriesOf(directory)
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && isUserName(entry.name))
    .map(({ name }) => name)
    .toSorted()
    .map((name) => describe(directory, name, leftOut));
}

function describe(directory: string, name: string, leftOut: (line: string) => void): ListedUser {
  const unknown = { name, keys: null, fingerprints: [], teams: null };
  if (statSync(join(directory, name), { throwIfNoEntry: false }) === undefined)
    return { ...unknown, trouble: `${join(directory, name)} is a symbolic link to nothing; remove it` };
  const read = <T>(reading: () => T): T | Error => {
    try {
      return reading();
    } catch (error) {
      return error as Error;
    }
  };
  const [keys, teams] = [read(() => keysOf(directory, name)), read(() => teamsOf(directory, name))];
  const trouble = [keys, teams].find((one) => one instanceof Error)?.message ?? null;
  const usable = keys instanceof Error ? [] : keys.keys;
  if (!(keys instanceof Error))
    for (const { line, reason } of keys.ignored)
      leftOut(`${name}: line ${line} of ${join(directory, name, 'authorized_keys')} lets nobody in: ${reason}`);
  const fingerprints = usable.map(({ key }) => key.fingerprint);
  const known = { keys: keys instanceof Error ? null : usable.length, teams: teams instanceof Error ? null : teams };
  return { name, ...known, fingerprints, trouble };
}
