import type { Logger } from '@hatchery/daemon';
import { waitFor } from '@hatchery/waiting';
import type { ForkService } from './children/forking/fork-service.ts';
import { forkMsMax, interruptGraceMs, killGraceMs } from './limits.ts';
import type { StopRequest } from './stop-request.ts';

/** How often the ladder looks whether all children have ended. */
const lookMs = 25;

/**
 * The ladder of docs/reference/fork-protocol.md#stopping: wait for the children, SIGINT, SIGKILL.
 * The service takes nothing new before it begins.
 * `urgent` cuts the wait short, and so does a hand-over: then the children are another one's.
 */
export async function endChildren(
  service: ForkService,
  childrenTimeoutMs: number,
  stopping: StopRequest,
  log: Logger,
): Promise<void> {
  if (service.busy > 0)
    log.info({ children: service.busy, childrenTimeoutMs }, 'waiting for children');
  const cut = AbortSignal.any([stopping.urgent, stopping.handedOver]);
  const haveEnded = await allEnded(service, childrenTimeoutMs, cut);
  if (stopping.handedOver.aborted) return;
  stopping.makeFinal();
  if (haveEnded) return;
  signalAll(service, 'SIGINT');
  if (await allEnded(service, interruptGraceMs)) return;
  signalAll(service, 'SIGKILL');
  if (await allEnded(service, killGraceMs)) return;
  log.error(
    { children: [...service.registry.entries()].map(({ child }) => child.pid) },
    'children outlive SIGKILL',
  );
}

/**
 * Waits until every request that has been taken has its child or its refusal, so that the next
 * forker finds only children.
 */
export async function leaveChildren(service: ForkService, urgent: AbortSignal): Promise<void> {
  service.intake.beginLeave();
  const isEmpty = (): boolean => service.queue.size === 0;
  await waitFor(isEmpty, { everyMs: lookMs, forMs: forkMsMax, signal: urgent });
}

async function allEnded(
  service: ForkService,
  forMs: number,
  urgent?: AbortSignal,
): Promise<boolean> {
  const haveEnded = (): boolean => service.busy === 0;
  const cut = urgent === undefined ? {} : { signal: urgent };
  return (await waitFor(haveEnded, { everyMs: lookMs, forMs, ...cut })) !== null;
}

function signalAll(service: ForkService, signal: NodeJS.Signals): void {
  for (const { child } of [...service.registry.entries()])
    service.signal(child.id, signal, 'the service stops');
}
