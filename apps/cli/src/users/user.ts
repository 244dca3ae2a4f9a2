import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exitDone, expectWords, UsageError, type Command, type Invocation } from '../command.ts';
import { table } from '../table.ts';
import { addUser, keyCount, readKeyFile } from './key-file.ts';

/** A user's name is the name of a directory and, behind a ~, of a place in every branch's address. */
const userName = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const user: Command = {
  name: 'user',
  synopsis: 'add NAME --key FILE | list [--json] | remove NAME',
  summary: 'who may log in, by the public keys they hold',
  options: { key: { type: 'string' }, json: { type: 'boolean' } },
  run(invocation) {
    const [verb] = invocation.words;
    if (verb === 'add') add(invocation);
    else if (verb === 'list') list(invocation);
    else if (verb === 'remove') remove(invocation);
    else throw new UsageError(`add, list or remove is expected${verb === undefined ? '' : `, not '${verb}'`}`);
    return Promise.resolve(exitDone);
  },
};

function add(invocation: Invocation): void {
  const { NAME: name } = expectWords(invocation, 'add', 'NAME');
  const { key } = invocation.options;
  if (typeof key !== 'string') throw new UsageError('--key FILE is missing: a public key, as ~/.ssh/id_ed25519.pub');
  requireName(name);
  const { usersDirectory, keyLookup } = invocation.config.ssh;
  if (keyLookup.source !== 'files')
    throw new Error(`keys come from ssh.key_lookup = "${keyLookup.source}" here: add the user there`);
  const added = addUser(usersDirectory, name, readKeyFile(key), key);
  invocation.print(added === 0 ? `${name} has the key of ${key} already\n` : `${name} may log in with ${key}\n`);
}

function list(invocation: Invocation): void {
  expectWords(invocation, 'list');
  const users = usersIn(invocation.config.ssh.usersDirectory);
  if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(users)}\n`);
  else if (users.length === 0) invocation.print('nobody may log in yet; hatchery user add NAME --key FILE\n');
  else
    invocation.print(
      table(
        ['NAME', 'KEYS'],
        users.map(({ name, keys }) => [name, String(keys)]),
      ),
    );
}

/** What the gateway would not look up is no user. */
function usersIn(directory: string): { name: string; keys: number }[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && userName.test(entry.name))
    .map(({ name }) => ({ name, keys: keyCount(directory, name) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function remove(invocation: Invocation): void {
  const { NAME: name } = expectWords(invocation, 'remove', 'NAME');
  requireName(name);
  const directory = join(invocation.config.ssh.usersDirectory, name);
  if (!existsSync(directory)) throw new Error(`there is no user ${name}; hatchery user list shows them`);
  rmSync(directory, { recursive: true });
  invocation.print(`${name} may not log in any more; branches and running sessions are not touched\n`);
}

function requireName(name: string): void {
  if (!userName.test(name))
    throw new UsageError(`'${name}' is no user name: small letters, digits, '.', '_' and '-', at most 64`);
}
