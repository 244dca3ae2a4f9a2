import type { Logger } from '@hatchery/daemon';
import { controlRequest, NoAnswerError, readDrainReason } from '@hatchery/event-feed';
import { limits } from '../limits.ts';
import { forkerSilent, type Drained } from './drained.ts';
import type { Gate } from './gate.ts';

/**
 * Drains the gateway when an operator drains the fork service, as the page does, and takes
 * connections again when that is taken back. It asks because the fork service knows nobody in front
 * of it. Only its word of the moment counts: a gateway that was drained by itself stays so while
 * the fork service was never drained, and one that is away changes nothing. `first` is what it said
 * before the gateway took anybody, of which a drain is followed at once. On the way it learns
 * whether sessions can be started; `absent` says why the fork service is not there, null when
 * nobody has written that down. Dispose it to stop.
 */
export function followForker(
  controlSocket: string,
  gate: Pick<Gate, 'follow' | 'outage'>,
  log: Logger,
  first: Drained | null,
  absent: () => string | null,
  everyMs: number = limits.forkerPollMs,
): Disposable {
  let last: Drained = first ?? {
    drained: false,
    orders: 0,
    deadline: null,
    reason: null,
    outage: null,
  };
  let silences = 0;
  let asking = false;
  const follow = async (now: Drained): Promise<void> => {
    const outcome = await gate.follow(now);
    log.info({ drained: now.drained, outcome }, 'drain of the fork service followed');
  };
  const failed = (err: unknown): void =>
    log.warn({ err }, 'drain of the fork service not followed');
  const look = async (): Promise<void> => {
    const now = await askForker(controlSocket);
    silences = now === 'silent' ? silences + 1 : 0;
    if (now !== 'silent') gate.outage = now === null ? absent() : now.outage;
    else if (silences >= limits.forkerSilencesMax) gate.outage = forkerSilent;
    if (now === 'silent' || now === null) return;
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
  const answer = await askForker(controlSocket);
  return answer === 'silent' ? null : answer;
}

/**
 * Null when there is nobody, as while it is started anew, or one that does not say; `silent` of one
 * that is there and gives no answer.
 */
async function askForker(controlSocket: string): Promise<Drained | 'silent' | null> {
  const request = controlRequest(
    controlSocket,
    'GET',
    '/v1/drained',
    undefined,
    limits.forkerWordMsMax,
  );
  const answer = await request.catch((error: unknown) =>
    error instanceof NoAnswerError ? ('silent' as const) : null,
  );
  if (answer === 'silent') return answer;
  const { drained, orders, deadline, reason, outage } = (answer ?? {}) as Partial<
    Record<string, unknown>
  >;
  if (typeof drained !== 'boolean' || typeof orders !== 'number') return null;
  const at = typeof deadline === 'string' ? new Date(deadline) : null;
  const until = at === null || Number.isNaN(at.getTime()) ? null : at;
  const why = drained ? readDrainReason(reason) : null;
  return {
    drained,
    orders,
    deadline: until,
    reason: why,
    outage: typeof outage === 'string' ? outage : null,
  };
}

/**
 * A drain that was taken back between two looks shows in the number alone, which starts anew with
 * each process.
 */
function isNews(before: Drained, now: Drained): boolean {
  if (now.drained !== before.drained) return true;
  if (now.orders !== before.orders && now.orders > 0) return true;
  return now.deadline !== null && now.deadline.getTime() !== before.deadline?.getTime();
}
