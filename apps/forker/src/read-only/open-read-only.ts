import type { Config } from '@hatchery/config';
import { StartError, type Logger } from '@hatchery/daemon';
import { ReadOnlySwitch } from './read-only-switch.ts';

/**
 * The switch, from the configuration and the last run. @throws {StartError} when it cannot be set
 * as configured
 */
export function openReadOnly(config: Config, log: Logger): ReadOnlySwitch {
  const readOnly = new ReadOnlySwitch(config);
  try {
    readOnly.restore(new Date());
  } catch (error) {
    throw new StartError(
      `hosting.read_only cannot be put into effect: ${(error as Error).message}`,
      { cause: error },
    );
  }
  const { state } = readOnly;
  if (state !== null)
    log.warn({ ...state }, 'the service is read-only; hatchery read-only off ends it');
  return readOnly;
}
