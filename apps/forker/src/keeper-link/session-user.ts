import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { breezyHome, type Config } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';

/**
 * Prepares what sessions need to run as `forker.run_as`, or as we ourselves without it.
 * @throws {StartError} when they cannot: we are not root, there is no such user, or the hosting root is not theirs
 */
export function prepareSessionUser(config: Config): void {
  const home = breezyHome(config);
  mkdirSync(home, { recursive: true });
  const { runAs } = config.forker;
  if (runAs === null) return;
  if (process.getuid?.() !== 0) throw new StartError(`forker.run_as = "${runAs}" needs a service that runs as root`);
  const uid = uidOf(runAs);
  const { root } = config.hosting;
  const owner = statSync(root).uid;
  if (owner !== uid) {
    throw new StartError(
      `${root} belongs to the user with uid ${owner}, but sessions run as ${runAs} (uid ${uid}): chown -R ${runAs} ${root}`,
    );
  }
  chownSync(home, uid, -1);
}

/** The system's own tool knows every kind of user database. */
function uidOf(name: string): number {
  try {
    return Number(
      execFileSync('/usr/bin/id', ['-u', '--', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  } catch (error) {
    throw new StartError(`forker.run_as: there is no user ${name} on this system`, { cause: error });
  }
}
