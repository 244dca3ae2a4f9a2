import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitDone, expectWords, UsageError, type Command, type Invocation } from './command.ts';
import { table } from './table.ts';

/** A user's name is the name of a directory and, behind a ~, of a place in every branch's address. */
const userName = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Types as sshd(8) lists them under AUTHORIZED_KEYS FILE FORMAT, then the key in base64. */
const publicKey =
  /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]+=*( .*)?$/;

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
    else throw new UsageError(`add, list or remove is expected, not '${verb ?? ''}'`);
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
  addUser(usersDirectory, name, readFileSync(key, 'utf8'), key);
  process.stdout.write(`${name} may log in with the key of ${key}\n`);
}

/** Gives a user one more key; the same key twice is one. @throws when the text is no public key */
export function addUser(usersDirectory: string, name: string, keyText: string, source: string): void {
  const keys = keyText
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0 || !keys.every((line) => publicKey.test(line))) {
    const hint = keyText.includes('PRIVATE KEY')
      ? 'it is a private key: give the one that ends in .pub'
      : 'one line as ssh-keygen writes it';
    throw new Error(`${source} is no public key: ${hint}`);
  }
  const directory = join(usersDirectory, name);
  const file = join(directory, 'authorized_keys');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const had = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
  const lines = [...new Set([...had, ...keys])];
  writeFileSync(`${file}.new`, `${lines.join('\n')}\n`, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

function list(invocation: Invocation): void {
  expectWords(invocation, 'list');
  const { usersDirectory } = invocation.config.ssh;
  const users = usersIn(usersDirectory);
  if (invocation.options['json'] === true) process.stdout.write(`${JSON.stringify(users)}\n`);
  else if (users.length === 0) process.stdout.write('nobody may log in yet; hatchery user add NAME --key FILE\n');
  else
    process.stdout.write(
      table(
        ['NAME', 'KEYS'],
        users.map(({ name, keys }) => [name, String(keys)]),
      ),
    );
}

function usersIn(directory: string): { name: string; keys: number }[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map(({ name }) => ({ name, keys: keyCount(join(directory, name, 'authorized_keys')) }));
}

function keyCount(file: string): number {
  if (!existsSync(file)) return 0;
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#')).length;
}

function remove(invocation: Invocation): void {
  const { NAME: name } = expectWords(invocation, 'remove', 'NAME');
  requireName(name);
  const directory = join(invocation.config.ssh.usersDirectory, name);
  if (!existsSync(directory)) throw new Error(`there is no user ${name}; hatchery user list shows them`);
  rmSync(directory, { recursive: true });
  process.stdout.write(`${name} may not log in any more; branches and running sessions are not touched\n`);
}

function requireName(name: string): void {
  if (!userName.test(name)) throw new UsageError(`'${name}' is no user name: small letters, digits, '.', '_' and '-'`);
}
