import { chownSync, statSync } from 'node:fs';
import { breezyHome, sessionScratch, type Config } from '@hatchery/config';
import {
  findSessionUser,
  isToBeGiven,
  makeDirectories,
  may,
  modes,
  StartError,
  type SessionUser,
} from '@hatchery/daemon';

/**
 * Decides who sessions run as, and prepares what they need for it: the home of Breezy, and a
 * hosting root that is theirs.
 * @throws {StartError} when `forker.run_as` names an account that they cannot run as
 */
export function prepareSessionUser(config: Config): SessionUser {
  const user = findSessionUser(config);
  const uid = user.account?.uid ?? process.getuid?.() ?? 0;
  for (const directory of [breezyHome(config), sessionScratch(config)]) {
    makeDirectories(directory, modes.secretDirectory);
    if (statSync(directory).uid !== uid) chownSync(directory, uid, -1);
  }
  if (user.account === null) return user;
  const { root } = config.hosting;
  if (isToBeGiven(root)) chownSync(root, uid, -1);
  if (!may(user.account, '-w', root))
    throw new StartError(
      `sessions run as ${user.account.name}, who cannot write to ${root}: chmod u+w ${root}`,
    );
  return user;
}
