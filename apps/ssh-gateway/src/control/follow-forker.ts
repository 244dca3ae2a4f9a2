import type { Logger } from '@hatchery/daemon';
import { controlRequest } from '@hatchery/event-feed';
import { limits } from '../limits.ts';
import type { Gate } from './gate.ts';

/**
 * Drains the gateway when an operator drains the fork service, as the page does, and takes connections again when that is taken back. It asks
 * because the fork service knows nobody in front of it. Only its word of the moment counts: a gateway that was drained by itself stays so while the fork
 * service was never drained, and one that is away changes nothing. Dispose it to stop.
 */
export function followForker(
  controlSocket: string,
  gate: Pick<Gate, 'act'>,
  log: Logger,
  everyMs: number = limits.forkerPollMs,
): Disposable {
  let last: Drained = { drained: false, orders: 0 };
  let asking = false;
  const look = async (): Promise<void> => {
    const now = await askDrained(controlSocket);
    if (now === null) return;
    // A drain that was taken back between two looks shows in the number alone, which starts anew with each process.
    const isNews = now.drained !== last.drained || (now.orders !== last.orders && now.orders > 0);
    last = now;
    if (!isNews) return;
    const { drained } = now;
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

/** What the fork service says: whether it is drained, and how many orders about it its process has had. */
interface Drained {
  readonly drained: boolean;
  readonly orders: number;
}

/** Null when nobody answers, or one that does not say. */
async function askDrained(controlSocket: string): Promise<Drained | null> {
  const answer = await controlRequest(controlSocket, 'GET', '/v1/drained').catch(() => null);
  const { drained, orders } = (answer ?? {}) as Partial<Record<string, unknown>>;
  return typeof drained === 'boolean' && typeof orders === 'number' ? { drained, orders } : null;
}
