import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isUserName } from '@hatchery/protocol';
import { exitDone, expectWords, UsageError, type Command, type Invocation } from '../command.ts';
import { recorded } from '../sessions/recorded.ts';
import { endConnections } from './end-connections.ts';
import { addKeys, readKeyFile, removeKeys } from './key-file.ts';
import { list } from './list.ts';
import { addTeams, isTeam, removeTeams } from './team-file.ts';
import { isThere } from './user-file.ts';

export const user: Command = {
  name: 'user',
  synopsis:
    'add NAME [--key FILE] [--team TEAM]… | list [--keys] [--json] | remove NAME [--key FILE|SHA256:…] [--team TEAM]… [--end-sessions]',
  summary: 'add, list and remove users, their public keys and their teams',
  details: `--key FILE      a file of public keys, such as ~/.ssh/id_ed25519.pub; remove also takes a fingerprint from list --keys
--team TEAM     a team of NAME; you can give it more than once
--end-sessions  end the open connections of NAME, or with --key the connections of that key, and their sessions
--reason TEXT   the reason for the audit`,
  options: {
    key: { type: 'string' },
    team: { type: 'string', multiple: true },
    keys: { type: 'boolean' },
    json: { type: 'boolean' },
    'end-sessions': { type: 'boolean' },
    reason: { type: 'string', default: 'not said' },
  },
  async run(invocation) {
    const [verb] = invocation.words;
    if (verb === 'list') return list(invocation);
    if (verb === 'add') await add(invocation);
    else if (verb === 'remove') await remove(invocation);
    else
      throw new UsageError(
        `add, list or remove is expected${verb === undefined ? '' : `, not '${verb}'`}`,
      );
    return exitDone;
  },
};

async function add(invocation: Invocation): Promise<void> {
  const { NAME: name } = expectWords(invocation, 'add', 'NAME');
  const { key } = invocation.options;
  const teams = teamsAskedFor(invocation);
  requireName(name);
  if (typeof key !== 'string' && teams.length === 0)
    throw new UsageError(
      '--key FILE is missing: a public key, as ~/.ssh/id_ed25519.pub; or --team TEAM for a user',
    );
  const { usersDirectory, keyLookup, userAuthorities } = invocation.config.ssh;
  if (keyLookup.source !== 'files')
    throw new Error(
      `keys come from ssh.key_lookup = "${keyLookup.source}" here: add the user there`,
    );
  requireFreeNames(invocation, name, teams);
  if (typeof key === 'string') {
    const contents = readKeyFile(key);
    const added = await record(invocation, 'user add', `${name} (keys of ${key})`, () =>
      addKeys(usersDirectory, name, contents, key),
    );
    invocation.print(
      added === 0 ? `${name} has the key of ${key} already\n` : `${name} may log in with ${key}\n`,
    );
  } else if (!isThere(join(usersDirectory, name)) && userAuthorities === null)
    throw new Error(`there is no user ${name}; give --key FILE too`);
  if (teams.length === 0) return;
  const fresh = await record(invocation, 'user add', `${name} (teams ${teams.join(', ')})`, () =>
    addTeams(usersDirectory, name, teams),
  );
  const where = (fresh.length === 0 ? teams : fresh).join(', ');
  invocation.print(
    `${name} is in ${where}${fresh.length === 0 ? ' already' : ' from the next sign-in on'}\n`,
  );
}

async function remove(invocation: Invocation): Promise<void> {
  const { NAME: name } = expectWords(invocation, 'remove', 'NAME');
  requireName(name);
  const { key } = invocation.options;
  const teams = teamsAskedFor(invocation);
  if (key !== undefined && teams.length > 0)
    throw new UsageError('--key and --team are two commands');
  const ends = invocation.options['end-sessions'] === true;
  const { source } = invocation.config.ssh.keyLookup;
  if (source === 'files') return removeFromFiles(invocation, name, { key, teams, ends });
  if (!ends)
    throw new Error(
      `keys come from ssh.key_lookup = "${source}" here: remove it there, then hatchery user remove ${name} --end-sessions`,
    );
  await endConnections(invocation, name, null);
}

/** What to remove from a user: a key, teams, or without either everything. */
interface Taken {
  readonly key: string | boolean | undefined;
  readonly teams: readonly string[];
  /** Ends open connections. */
  readonly ends: boolean;
}

async function removeFromFiles(
  invocation: Invocation,
  name: string,
  { key, teams, ends }: Taken,
): Promise<void> {
  const { usersDirectory } = invocation.config.ssh;
  const directory = join(usersDirectory, name);
  if (!isThere(directory))
    throw new Error(`there is no user ${name}; hatchery user list shows them`);
  let fingerprints: readonly string[] | null = null;
  const open = ends ? '' : '; open connections go on: --end-sessions ends them';
  if (typeof key === 'string') {
    fingerprints = await record(invocation, 'user remove', `${name} (key ${key})`, () =>
      removeKeys(usersDirectory, name, key),
    );
    invocation.print(`${name} may not log in with ${key} any more${open}\n`);
  } else if (teams.length > 0) {
    const target = `${name} (teams ${teams.join(', ')})`;
    await record(invocation, 'user remove', target, () => removeTeams(usersDirectory, name, teams));
    const had = ends ? '' : '; connections that are open keep what they had';
    invocation.print(`${name} is not in ${teams.join(', ')} any more${had}\n`);
  } else {
    await record(invocation, 'user remove', name, () => rmSync(directory, { recursive: true }));
    invocation.print(`${name} may not log in any more; branches are not touched${open}\n`);
  }
  if (ends) await endConnections(invocation, name, fingerprints);
}

function record<T>(invocation: Invocation, verb: string, target: string, act: () => T): Promise<T> {
  const reason = String(invocation.options['reason']);
  if (reason.trim() === '') throw new UsageError('--reason is empty: it goes into the audit');
  return recorded(invocation, { verb, target, reason }, act);
}

function teamsAskedFor({ options }: Invocation): readonly string[] {
  // The one option that may be given several times; the type of the others stays as it is.
  const { team: teams = [] } = options as { team?: readonly string[] };
  teams.forEach((name) => requireName(name, 'team'));
  return teams;
}

/**
 * Users and teams share the places below the hosting root: a user with a team's name would own its
 * branches.
 */
function requireFreeNames(
  { config, say }: Invocation,
  name: string,
  teams: readonly string[],
): void {
  const { usersDirectory } = config.ssh;
  const unread = (trouble: string): void =>
    say(`user: ${trouble}; whether a team is called ${name} there is not known`);
  if (isTeam(usersDirectory, name, unread))
    throw new Error(`${name} is a team, whose branches a user of that name would own`);
  const taken = teams.find((team) => team === name || isDirectory(join(usersDirectory, team)));
  if (taken !== undefined)
    throw new Error(`${taken} is a user, whose branches a team of that name would own`);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * A user's name is the name of a directory and, behind a ~, of a place in every branch's address.
 */
function requireName(name: string, what = 'user'): void {
  if (!isUserName(name))
    throw new UsageError(
      `'${name}' is no ${what} name: small letters, digits, '.', '_' and '-', at most 64`,
    );
}
