import { StartError, type PreloadLists } from '@hatchery/daemon';
import { record } from './record.ts';

/** Gets lines for the service's log, or for the person who installs. */
export interface Teller {
  readonly info: (line: string) => void;
  readonly warn: (line: string) => void;
}

/**
 * The path of the list of modules that a zygote preloads. If none matches this Breezy and this
 * code, one is recorded: in the checkout, or in the state directory when the checkout is not
 * writable. When that fails, an older list is used.
 * @throws {StartError} when there is no list at all and none can be made
 */
export async function preloadList(lists: PreloadLists, tell: Teller): Promise<string> {
  const { identity, places, fitting, any, troubles } = lists;
  if (fitting !== null) return fitting;
  for (const trouble of troubles) tell.warn(trouble);
  tell.info('recording what sessions of this Breezy import, which takes some seconds');
  try {
    return await record(places, identity);
  } catch (error) {
    const { message } = error as Error;
    if (any === null)
      throw new StartError(`no list of modules to preload can be made: ${message}`, {
        cause: error,
      });
    tell.warn(
      `${message}; the list of modules ${any} serves on: it is for another Breezy or other code, and sessions may start more slowly`,
    );
    return any;
  }
}
