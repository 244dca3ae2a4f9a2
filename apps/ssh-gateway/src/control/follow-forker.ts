import type { Logger } from '@hatchery/daemon';
import { controlRequest } from '@hatchery/event-feed';
import { limits } from '../limits.ts';
import type { Gate } from './gate.ts';

/** What the fork service says: whether it is drained, how many orders about it its process has had, and when clients must go. */
export interface Drained {
  readonly drained: boolean;
  readonly orders: number;
  /** Null when nothing drains, and from a fork service that does not say. */
  readonly deadline: Date | null;
}

/**
 * Drains the gateway when an operator drains the fork service, as the page does, and takes connections again when that is taken back. It asks
 * because the fork service knows nobody in front of it. Only its word of the moment counts: a gateway that was drained by itself stays so while the fork
 * service was never drained, and one that is away changes nothing. `first` is what it said before the gateway took anybody, of which a drain is
 * followed at once. Dispose it to stop.
 */
export function followForker(
  controlSocket: string,
  gate: Pick<Gate, 'follow'>,
  log: Logger,
  first: Drained | null,
  everyMs: number = limits.forkerPollMs,
): Disposable {
  let last: Drained = first ?? { drained: false, orders: 0, deadline: null };
  let asking = false;
  const follow = async (now: Drained): Promise<void> => {
    const outcome = await gate.follow(now);
    log.info({ drained: now.drained, outcome }, 'drain of the fork service followed');
  };
  const failed = (err: unknown): void => log.warn({ err }, 'drain of the fork service not followed');
  const look = async (): Promise<void> => {
    const now = await askDrained(controlSocket);
    if (now === null) return;
    const before = last;
    last = now;
    if (isNews(before, now)) await follow(now);
  };
  if (last.drained) follow(last).catch(failed);
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    look()
      .catch(failed)
      .finally(() => (asking = false));
  }, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Null when nobody answers within a second, or one that does not say. */
export async function askDrained(controlSocket: string): Promise<Drained | null> {
  const request = controlRequest(controlSocket, 'GET', '/v1/drained', undefined, limits.forkerWordMsMax);
  const { drained, orders, deadline } = ((await request.catch(() => null)) ?? {}) as Partial<Record<string, unknown>>;
  if (typeof drained !== 'boolean' || typeof orders !== 'number') return null;
  const at = typeof deadline === 'string' ? new Date(deadline) : null;
  return { drained, orders, deadline: at === null || Number.isNaN(at.getTime()) ? null : at };
}

/** A drain that was taken back between two looks shows in the number alone, which starts anew with each process. */
function isNews(before: Drained, now: Drained): boolean {
  if (now.drained !== before.drained) return true;
  if (now.orders !== before.orders && now.orders > 0) return true;
  return now.deadline !== null && now.deadline.getTime() !== before.deadline?.getTime();
}
