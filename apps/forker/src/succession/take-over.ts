import { setTimeout as delay } from 'node:timers/promises';
import { controlSocketPath, type Config } from '@hatchery/config';
import { processStartTime, readPartRecord, StartError } from '@hatchery/daemon';
import { ControlError, controlRequest } from '@hatchery/event-feed';
import type { ZygoteConfiguration } from '../keeper-link/messages.ts';
import { handOverAnswerMsMax, successionLookMs, successionWaitMsMax } from '../limits.ts';
import type { Entrance } from './entrance.ts';
import { writeOffer } from './offer.ts';

/**
 * Takes over from the forker that runs here: it is asked to bring up our zygote, and when that
 * serves, its sockets' names become ours and it lets go of the rest. `actor` is who wants it, for
 * the audit. False when none runs. Until it has agreed, nothing of it has changed.
 * @throws {StartError} when it refuses, with its reason, or does not answer
 */
export async function takeOver(
  config: Config,
  entrance: Entrance,
  zygote: ZygoteConfiguration,
  actor: string,
): Promise<boolean> {
  if (readPartRecord(config, 'forker') === null) return false;
  await entrance.listen();
  const { pid } = process;
  const successor = { pid, startTime: processStartTime(pid) ?? 0, socket: config.forker.socket };
  using _offer = writeOffer(config, { successor, zygote });
  const body = { actor, reason: 'restart: a successor is up', pid };
  try {
    await controlRequest(
      controlSocketPath(config),
      'POST',
      '/v1/hand-over',
      body,
      handOverAnswerMsMax,
    );
  } catch (error) {
    const { message } = error as Error;
    const reason =
      error instanceof ControlError
        ? message
        : `the running fork service gives no answer: ${message}`;
    throw new StartError(reason, { cause: error });
  }
  entrance.takeNames();
  return true;
}

/**
 * Asks for something that the predecessor is about to let go of, again and again for a while.
 * @throws as `obtain`
 */
export async function afterPredecessor<T>(obtain: () => T): Promise<T> {
  const deadline = performance.now() + successionWaitMsMax;
  for (;;) {
    try {
      return obtain();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(successionLookMs);
  }
}
