import type { EventJournal } from '@hatchery/event-feed';
import type { ForkService } from './children/fork-service.ts';
import type { KeeperSupervisor } from './keeper-link/keeper-supervisor.ts';
import type { UsageSampler } from './usage/sampler.ts';

/** What the status record is made of. */
export interface StatusSources {
  readonly startedAt: number;
  readonly service: ForkService;
  readonly keeper: KeeperSupervisor;
  readonly sampler: UsageSampler;
  readonly journal: EventJournal;
}

/** What `hello` logs, and what `GET /v1/state` says besides the view. */
export function describeStatus({ startedAt, service, keeper, sampler, journal }: StatusSources): object {
  const { registry, queue, finished } = service;
  return {
    uptimeS: Math.round((Date.now() - startedAt) / 1000),
    childrenRunning: registry.size,
    childrenSpawned: registry.spawnedTotal,
    ownUsage: process.resourceUsage(),
    finishedUsage: finished,
    requestsWaiting: queue.size,
    requestsRefused: queue.refused,
    sampling: sampler.cost,
    eventsOnDisk: journal.isWriting,
    keeper: { pid: keeper.pid },
    zygote: keeper.zygote,
  };
}
