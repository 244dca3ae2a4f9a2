import type { Logger } from '@hatchery/daemon';
import { controlRequest } from '@hatchery/event-feed';
import { limits } from '../limits.ts';
import type { Gate } from './gate.ts';

/**
 * Drains the gateway when an operator drains the fork service, as the page does, and takes connections again when that is taken back. It asks
 * because the fork service knows nobody in front of it. Only a change counts: a gateway that was drained by itself stays so while the fork
 * service was never drained, and one that is away changes nothing. Dispose it to stop.
 */
export function followForker(
  controlSocket: string,
  gate: Pick<Gate, 'act'>,
  log: Logger,
  everyMs: number = limits.forkerPollMs,
): Disposable {
  let wasDrained = false;
  let asking = false;
  const look = async (): Promise<void> => {
    const drained = await isDrained(controlSocket);
    if (drained === null || drained === wasDrained) return;
    wasDrained = drained;
    const outcome = await gate.act(drained ? 'drain' : 'undrain', {});
    log.info({ drained, outcome }, 'drain of the fork service followed');
  };
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    look()
      .catch((err: unknown) => log.warn({ err }, 'drain of the fork service not followed'))
      .finally(() => (asking = false));
  }, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Null when nobody answers, or one that does not say. */
async function isDrained(controlSocket: string): Promise<boolean | null> {
  const answer = await controlRequest(controlSocket, 'GET', '/v1/drained').catch(() => null);
  const { drained } = (answer ?? {}) as { drained?: unknown };
  return typeof drained === 'boolean' ? drained : null;
}
