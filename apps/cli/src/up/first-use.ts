import {
  chownSync,
  existsSync,
  lchownSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { defaultHostKey, hostingUmask, type Address, type Config } from '@hatchery/config';
import {
  createFile,
  findSessionUser,
  makeDirectories,
  makeRuntimeDirectory,
  modes,
  quote,
} from '@hatchery/daemon';
import type { Terminal } from '../terminal/terminal.ts';
import { addKeys } from '../users/key-file.ts';
import { makeKeyPair } from './key-pair.ts';
import { runTool } from './run-tool.ts';

/** The user that a first use makes, so that there is something to branch from. */
export const demoUser = 'demo';

/** Its sample branch, below the hosting root and in addresses alike. */
export const sampleBranch = `~${demoUser}/sample/trunk`;

/** What {@link prepareFirstUse} needs of its surroundings. */
type FirstUseTerminal = Pick<Terminal, 'environment' | 'say'>;

/**
 * Makes what a first use lacks, each thing whole or not at all; does nothing the second time. What
 * somebody has taken away since, as the demo user, does not come back. `aborted` ends it half way.
 * @throws an Error with one line when something cannot be made that a service needs; what is only
 * for the demo is warned of
 */
export async function prepareFirstUse(
  config: Config,
  terminal: FirstUseTerminal,
  aborted: AbortSignal = new AbortController().signal,
): Promise<void> {
  makeNeeded(config, terminal);
  try {
    await makeDemo(config, terminal, aborted);
  } catch (error) {
    if (!aborted.aborted)
      terminal.say(
        `the user ${demoUser} and its sample branch cannot be made: ${(error as Error).message}; going on`,
      );
  }
}

/** @throws an Error with one line */
function makeNeeded(config: Config, { say }: FirstUseTerminal): void {
  makeDirectories(config.stateDirectory, modes.passage);
  // Sockets of the page may stand there, and are opened before any part runs.
  makeRuntimeDirectory(config);
  for (const path of config.ssh.hostKeys) {
    if (existsSync(path)) continue;
    if (path !== defaultHostKey(config.stateDirectory)) throw new Error(whyNotMade(path));
    say(`making the host key ${path}`);
    putKey(makeKey(path, 'hatchery host key'), path);
  }
  makeDirectories(config.ssh.usersDirectory, modes.usersDirectory);
}

async function makeDemo(
  config: Config,
  { environment, say }: FirstUseTerminal,
  aborted: AbortSignal,
): Promise<void> {
  const key = demoKey(config);
  // The demo user's key is put in its place last: as long as it is not there, all of this is done
  // anew.
  if (existsSync(key)) return;
  say(`making the user ${demoUser} with a key of its own, and the sample branch ${sampleBranch}`);
  makeDirectories(demoDirectory(config), modes.secretDirectory);
  const scratch = makeKey(key, `${demoUser}@hatchery`);
  addKeys(config.ssh.usersDirectory, demoUser, readFileSync(`${scratch}.pub`), `${scratch}.pub`);
  if (!existsSync(join(config.hosting.root, sampleBranch)))
    await makeSampleBranch(config, environment, aborted);
  putKey(scratch, key);
}

/** A typing error or a disk that is not mounted must not give the host another identity. */
function whyNotMade(path: string): string {
  const mend = `put it back or mount its disk; if there never was one: ssh-keygen -t ed25519 -N '' -f ${quote(path)}`;
  return `the host key ${path} of ssh.host_keys is not there; ${mend}`;
}

/** Whether the demo user may still log in, and has something to branch from. */
export function hasDemo(config: Config): boolean {
  const needed = [
    demoKey(config),
    join(config.ssh.usersDirectory, demoUser),
    join(config.hosting.root, sampleBranch),
  ];
  return needed.every((path) => existsSync(path));
}

/**
 * Writes the ssh that the demo user's lines use: its key, and the host key of this very service, so
 * that nothing of the person's own ~/.ssh is read or written.
 */
export function writeDemoSsh(config: Config, address: Address): void {
  const directory = demoDirectory(config);
  const hosts = config.ssh.hostKeys.map(
    (path) => `[${address.host}]:${address.port} ${readFileSync(`${path}.pub`, 'utf8')}`,
  );
  putFile(join(directory, 'known_hosts'), hosts.join(''), modes.secretFile);
  const script = demoSsh(config);
  // ssh splits the value of this option at blanks once more, as it splits a line of ssh_config(5).
  const hostsFile = quote(`UserKnownHostsFile="${join(directory, 'known_hosts')}"`);
  const options = `-i ${quote(demoKey(config))} -o IdentitiesOnly=yes -o ${hostsFile}`;
  putFile(
    script,
    `#!/bin/sh\nexec ssh -F none ${options} -o StrictHostKeyChecking=yes "$@"\n`,
    modes.secretProgram,
  );
}

/**
 * Whether the demo user's lines work for the service at that address: {@link writeDemoSsh} has been
 * able to write them.
 */
export function demoWorks(config: Config, { host, port }: Address): boolean {
  if (!hasDemo(config)) return false;
  try {
    return readFileSync(join(demoDirectory(config), 'known_hosts'), 'utf8').startsWith(
      `[${host}]:${port} `,
    );
  } catch {
    return false;
  }
}

/** Also in the place of a file that is somebody else's. */
function putFile(path: string, text: string, mode: number): void {
  const scratch = `${path}.new`;
  rmSync(scratch, { force: true });
  try {
    createFile(scratch, text, mode, 'wx');
    renameSync(scratch, path);
  } catch (error) {
    rmSync(scratch, { force: true });
    throw error;
  }
}

/** What {@link writeDemoSsh} writes. */
export function demoSsh(config: Config): string {
  return join(demoDirectory(config), 'ssh');
}

function demoDirectory(config: Config): string {
  return join(config.stateDirectory, 'demo');
}

function demoKey(config: Config): string {
  return join(demoDirectory(config), 'id_ed25519');
}

/** Makes a key beside its path; returns where, for {@link putKey}. */
function makeKey(path: string, comment: string): string {
  const scratch = `${path}.new`;
  makeDirectories(dirname(path), modes.passage);
  for (const file of [scratch, `${scratch}.pub`]) rmSync(file, { force: true });
  const { privateKey, publicKey } = makeKeyPair(comment);
  createFile(scratch, privateKey, modes.secretFile);
  createFile(`${scratch}.pub`, publicKey, modes.publicFile);
  return scratch;
}

/** Two files; the private one, which is what we look for, appears last. */
function putKey(scratch: string, path: string): void {
  renameSync(`${scratch}.pub`, `${path}.pub`);
  renameSync(scratch, path);
}

async function makeSampleBranch(
  config: Config,
  outer: Readonly<NodeJS.ProcessEnv>,
  aborted: AbortSignal,
): Promise<void> {
  const target = join(config.hosting.root, sampleBranch);
  const scratch = `${target}.new`;
  const umask = hostingUmask(config);
  // Nothing else of the caller's environment: PYTHONHOME or a plugin path changes what brz does.
  const environment = {
    PATH: outer['PATH'],
    LANG: 'C.UTF-8',
    HOME: demoDirectory(config),
    BRZ_EMAIL: 'Demo <demo@hatchery.invalid>',
    BRZ_LOG: '/dev/null',
    BRZ_HOME: demoDirectory(config),
  };
  const brz = (...argv: string[]): Promise<void> =>
    runTool('/usr/bin/brz', ['--no-plugins', ...argv], environment, aborted);
  rmSync(scratch, { recursive: true, force: true });
  // Before anything is there: an empty hosting root is given to the account of sessions, and so is
  // what is made in it.
  const { account } = findSessionUser(config);
  for (const path of [config.hosting.root, dirname(dirname(target)), dirname(target)]) {
    makeDirectories(path, 0o777 & ~umask);
    if (account !== null) chownSync(path, account.uid, -1);
  }
  // A tool has the umask of whoever starts it.
  const before = process.umask(umask);
  try {
    await brz('init', '-q', scratch);
    writeFileSync(
      join(scratch, 'README'),
      'This branch was made by the first hatchery up, to have something to branch from.\n',
    );
    await brz('add', '-q', scratch);
    await brz('commit', '-q', '-m', 'A first revision.', scratch);
    await brz('remove-tree', '-q', '--force', scratch);
    if (account !== null) giveTo(account.uid, scratch);
    renameSync(scratch, target);
  } finally {
    process.umask(before);
  }
}

/** Everything in a directory, and that itself. */
function giveTo(uid: number, directory: string): void {
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(directory, path), uid, -1);
  lchownSync(directory, uid, -1);
}
