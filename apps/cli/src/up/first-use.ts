import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Address, Config } from '@hatchery/config';
import { addUser } from '../user.ts';
import { runTool } from './run-tool.ts';

/** The user that a first use makes, so that there is something to branch from. */
export const demoUser = 'demo';

/** Its sample branch, below the hosting root and in addresses alike. */
export const sampleBranch = `~${demoUser}/sample/trunk`;

/** Makes what a first use lacks, each thing whole or not at all; does nothing the second time. */
export async function prepareFirstUse(config: Config, say: (line: string) => void): Promise<void> {
  mkdirSync(config.stateDirectory, { recursive: true });
  for (const path of config.ssh.hostKeys) {
    if (existsSync(path)) continue;
    say(`making the host key ${path}`);
    await makeKey(path, 'hatchery host key');
  }
  if (!existsSync(demoKey(config))) {
    say(`making the user ${demoUser} with a key of its own`);
    mkdirSync(demoDirectory(config), { recursive: true, mode: 0o700 });
    await makeKey(demoKey(config), `${demoUser}@hatchery`);
  }
  addUser(
    config.ssh.usersDirectory,
    demoUser,
    readFileSync(`${demoKey(config)}.pub`, 'utf8'),
    `${demoKey(config)}.pub`,
  );
  if (!existsSync(join(config.hosting.root, sampleBranch))) {
    say(`making the sample branch ${sampleBranch}`);
    await makeSampleBranch(config);
  }
}

/**
 * Writes the ssh that the demo user's lines use: its key, and the host key of this very service, so that nothing of
 * the person's own ~/.ssh is read or written. Returns its path.
 */
export function writeDemoSsh(config: Config, address: Address): string {
  const directory = demoDirectory(config);
  const hosts = config.ssh.hostKeys.map(
    (path) => `[${address.host}]:${address.port} ${readFileSync(`${path}.pub`, 'utf8')}`,
  );
  writeFileSync(join(directory, 'known_hosts'), hosts.join(''));
  const script = join(directory, 'ssh');
  // ssh splits the value of this option at blanks once more, as it splits a line of ssh_config(5).
  const hostsFile = quote(`UserKnownHostsFile="${join(directory, 'known_hosts')}"`);
  const options = `-i ${quote(demoKey(config))} -o IdentitiesOnly=yes -o ${hostsFile}`;
  writeFileSync(script, `#!/bin/sh\nexec ssh -F none ${options} -o StrictHostKeyChecking=yes "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

function demoDirectory(config: Config): string {
  return join(config.stateDirectory, 'demo');
}

function demoKey(config: Config): string {
  return join(demoDirectory(config), 'id_ed25519');
}

/** ssh-keygen writes two files; the private one, which is what we look for, appears last. */
async function makeKey(path: string, comment: string): Promise<void> {
  const scratch = `${path}.new`;
  mkdirSync(dirname(path), { recursive: true });
  rmSync(scratch, { force: true });
  await runTool('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', scratch]);
  renameSync(`${scratch}.pub`, `${path}.pub`);
  renameSync(scratch, path);
}

async function makeSampleBranch(config: Config): Promise<void> {
  const target = join(config.hosting.root, sampleBranch);
  const scratch = `${target}.new`;
  const environment = {
    BRZ_EMAIL: 'Demo <demo@hatchery.invalid>',
    BRZ_LOG: '/dev/null',
    BRZ_HOME: demoDirectory(config),
  };
  const brz = (...argv: string[]): Promise<void> => runTool('/usr/bin/brz', ['--no-plugins', ...argv], environment);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  await brz('init', '-q', scratch);
  writeFileSync(
    join(scratch, 'README'),
    'This branch was made by the first hatchery up, to have something to branch from.\n',
  );
  await brz('add', '-q', scratch);
  await brz('commit', '-q', '-m', 'A first revision.', scratch);
  await brz('remove-tree', '-q', '--force', scratch);
  renameSync(scratch, target);
}

/** A word as a POSIX shell reads it; plain ones stay as they are, to be read by people too. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
