import { execFileSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { breezyHome, sessionScratch, type Config } from '@hatchery/config';
import { makeDirectories, modes, StartError } from '@hatchery/daemon';

const zygoteScript = fileURLToPath(new URL('../../zygote/zygote.py', import.meta.url));

/**
 * Prepares what sessions need to run as `forker.run_as`, or as we ourselves without it.
 * @throws {StartError} when they cannot: we are not root, there is no such user, the hosting root is not theirs, or they
 * cannot reach what they need
 */
export function prepareSessionUser(config: Config): void {
  const home = breezyHome(config);
  const scratch = sessionScratch(config);
  for (const directory of [home, scratch]) makeDirectories(directory, modes.secretDirectory);
  const { runAs } = config.forker;
  if (runAs === null) return;
  if (process.getuid?.() !== 0) throw new StartError(`forker.run_as = "${runAs}" needs a service that runs as root`);
  const user = findUser(runAs);
  const { uid } = user;
  const { root } = config.hosting;
  const owner = statSync(root).uid;
  if (owner !== uid) {
    throw new StartError(
      `${root} belongs to the user with uid ${owner}, but sessions run as ${runAs} (uid ${uid}): chown -R ${runAs} ${root}`,
    );
  }
  for (const directory of [home, scratch]) chownSync(directory, uid, -1);
  for (const [test, path] of [
    ['-w', root],
    ['-w', home],
    ['-x', config.runtimeDirectory],
    ['-r', zygoteScript],
  ] as const) {
    // Asked as that user, since the answer depends on every directory above.
    if (!succeeds('/usr/bin/test', [test, path], user))
      throw new StartError(
        `sessions run as ${runAs}, who cannot reach ${path}: a directory above it is closed to others`,
      );
  }
}

/** A user as the system knows it. */
export interface SessionUser {
  readonly uid: number;
  readonly gid: number;
}

/** @throws {StartError} when there is none of that name */
export function findUser(name: string): SessionUser {
  // The system's own tool knows every kind of user database.
  const ask = (option: string): number =>
    Number(
      execFileSync('/usr/bin/id', [option, '--', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  try {
    return { uid: ask('-u'), gid: ask('-g') };
  } catch (error) {
    throw new StartError(`forker.run_as: there is no user ${name} on this system`, { cause: error });
  }
}

function succeeds(program: string, words: readonly string[], user: SessionUser): boolean {
  try {
    execFileSync(program, words, { ...user, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
