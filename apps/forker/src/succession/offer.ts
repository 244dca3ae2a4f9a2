import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { partRecordPath, type Config } from '@hatchery/config';
import {
  createFile,
  makeDirectories,
  modes,
  readVersioned,
  StartError,
  versionedText,
} from '@hatchery/daemon';
import type { ZygoteConfiguration } from '../keeper-link/messages.ts';
import type { Successor } from './successor.ts';

/** What a forker that is up tells its predecessor. */
export interface Offer {
  readonly successor: Successor;
  /**
   * The zygote that it forks from. The predecessor brings it up, and passes on what it does not
   * know of it.
   */
  readonly zygote: ZygoteConfiguration;
}

/**
 * Puts the offer where its predecessor looks; dispose it to take it back. In a file of the
 * service's own user, because it names a program to run: whoever may connect to the control socket
 * may do less than that.
 */
export function writeOffer(config: Config, offer: Offer): Disposable {
  const path = offerPath(config, offer.successor.pid);
  makeDirectories(dirname(path), modes.secretDirectory);
  rmSync(path, { force: true });
  createFile(path, versionedText('offer', offer), modes.secretFile, 'wx');
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

/**
 * The offer of a process, or null when it has made none.
 * @throws {StartError} when it is of another version
 */
export function readOffer(config: Config, pid: number): Offer | null {
  try {
    return readVersioned<Offer>(offerPath(config, pid), 'offer');
  } catch (error) {
    throw new StartError((error as Error).message, { cause: error });
  }
}

function offerPath(config: Config, pid: number): string {
  return join(dirname(partRecordPath(config, 'forker')), `forker-${pid}.offer`);
}
