import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exitDone, exitFailed, expectWords, UsageError, type Command, type Invocation } from '../command.ts';
import { table } from '../table.ts';
import { addUser, keyCount, readKeyFile } from './key-file.ts';
import { addTeams, isTeam, removeTeams, teamsOf } from './team-file.ts';
import { entriesOf } from './user-file.ts';

/** A user's name is the name of a directory and, behind a ~, of a place in every branch's address. */
const userName = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const user: Command = {
  name: 'user',
  synopsis: 'add NAME [--key FILE] [--team TEAM]… | list [--json] | remove NAME [--team TEAM]…',
  summary: 'who may log in, by the public keys they hold, and the teams they are in',
  options: { key: { type: 'string' }, team: { type: 'string', multiple: true }, json: { type: 'boolean' } },
  run(invocation) {
    const [verb] = invocation.words;
    if (verb === 'list') return Promise.resolve(list(invocation));
    if (verb === 'add') add(invocation);
    else if (verb === 'remove') remove(invocation);
    else throw new UsageError(`add, list or remove is expected${verb === undefined ? '' : `, not '${verb}'`}`);
    return Promise.resolve(exitDone);
  },
};

function add(invocation: Invocation): void {
  const { NAME: name } = expectWords(invocation, 'add', 'NAME');
  const { key } = invocation.options;
  const teams = teamsAskedFor(invocation);
  requireName(name);
  if (typeof key !== 'string' && teams.length === 0)
    throw new UsageError('--key FILE is missing: a public key, as ~/.ssh/id_ed25519.pub; or --team TEAM for a user');
  const { usersDirectory, keyLookup, userAuthorities } = invocation.config.ssh;
  if (keyLookup.source !== 'files')
    throw new Error(`keys come from ssh.key_lookup = "${keyLookup.source}" here: add the user there`);
  requireFreeNames(usersDirectory, name, teams);
  if (typeof key === 'string') {
    const added = addUser(usersDirectory, name, readKeyFile(key), key);
    invocation.print(added === 0 ? `${name} has the key of ${key} already\n` : `${name} may log in with ${key}\n`);
  } else if (!existsSync(join(usersDirectory, name)) && userAuthorities === null)
    throw new Error(`there is no user ${name}; give --key FILE too`);
  if (teams.length === 0) return;
  const fresh = addTeams(usersDirectory, name, teams);
  const where = (fresh.length === 0 ? teams : fresh).join(', ');
  invocation.print(`${name} is in ${where}${fresh.length === 0 ? ' already' : ' from the next sign-in on'}\n`);
}

/** One user whose files cannot be read hides none of the others. */
function list(invocation: Invocation): number {
  expectWords(invocation, 'list');
  const { users, troubles } = usersIn(invocation.config.ssh.usersDirectory);
  if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(users)}\n`);
  else if (users.length > 0)
    invocation.print(
      table(
        ['NAME', 'KEYS', 'TEAMS'],
        users.map(({ name, keys, teams }) => [name, String(keys), teams.join(', ')]),
      ),
    );
  else if (troubles.length === 0) invocation.print('nobody may log in yet; hatchery user add NAME --key FILE\n');
  for (const trouble of troubles) invocation.say(`user: ${trouble}`);
  return troubles.length === 0 ? exitDone : exitFailed;
}

interface ListedUser {
  readonly name: string;
  readonly keys: number;
  readonly teams: readonly string[];
}

/** What the gateway would not look up is no user. */
function usersIn(directory: string): { users: ListedUser[]; troubles: string[] } {
  const users: ListedUser[] = [];
  const troubles: string[] = [];
  const names = entriesOf(directory)
    .filter((entry) => entry.isDirectory() && userName.test(entry.name))
    .map(({ name }) => name);
  for (const name of names.toSorted()) {
    try {
      users.push({ name, keys: keyCount(directory, name), teams: teamsOf(directory, name) });
    } catch (error) {
      troubles.push(`${name} is not listed: ${(error as Error).message}`);
    }
  }
  return { users, troubles };
}

function remove(invocation: Invocation): void {
  const { NAME: name } = expectWords(invocation, 'remove', 'NAME');
  requireName(name);
  const teams = teamsAskedFor(invocation);
  const { usersDirectory } = invocation.config.ssh;
  const directory = join(usersDirectory, name);
  if (!existsSync(directory)) throw new Error(`there is no user ${name}; hatchery user list shows them`);
  if (teams.length > 0) {
    removeTeams(usersDirectory, name, teams);
    invocation.print(`${name} is not in ${teams.join(', ')} any more; connections that are open keep what they had\n`);
    return;
  }
  rmSync(directory, { recursive: true });
  invocation.print(`${name} may not log in any more; branches and running sessions are not touched\n`);
}

function teamsAskedFor({ options }: Invocation): readonly string[] {
  // The one option that may come more than once: the type of all others is not widened for it.
  const { team: teams = [] } = options as { team?: readonly string[] };
  teams.forEach((name) => requireName(name, 'team'));
  return teams;
}

/** Users and teams share the places below the hosting root: a user called as a team is would own its branches. */
function requireFreeNames(usersDirectory: string, name: string, teams: readonly string[]): void {
  if (isTeam(usersDirectory, name)) throw new Error(`${name} is a team, whose branches a user of that name would own`);
  const taken = teams.find((team) => team === name || existsSync(join(usersDirectory, team)));
  if (taken !== undefined) throw new Error(`${taken} is a user, whose branches a team of that name would own`);
}

function requireName(name: string, what = 'user'): void {
  if (!userName.test(name))
    throw new UsageError(`'${name}' is no ${what} name: small letters, digits, '.', '_' and '-', at most 64`);
}
