import type { EventJournal } from '@hatchery/event-feed';
import type { Confinement } from '@hatchery/daemon';
import type { ForkService } from './children/forking/fork-service.ts';
import type { AnswerTimes } from './requests/answer-times.ts';
import type { KeeperSupervisor } from './keeper-link/keeper-supervisor.ts';
import type { ReadOnlySwitch } from './read-only/read-only-switch.ts';
import type { UsageSampler } from './usage/sampler.ts';

/** What the status record is made of. */
export interface StatusSources {
  readonly startedAt: number;
  readonly service: ForkService;
  readonly keeper: KeeperSupervisor;
  readonly sampler: UsageSampler;
  readonly journal: EventJournal;
  readonly times: AnswerTimes;
  readonly readOnly: ReadOnlySwitch;
  readonly zygote: { readonly confinement: Confinement };
}

/** What `hello` logs, and what `GET /v1/state` says besides the view. */
export function describeStatus(sources: StatusSources): object {
  const { startedAt, service, keeper, sampler, journal, times, readOnly } = sources;
  const { registry, queue, finished } = service;
  return {
    uptimeS: Math.round((Date.now() - startedAt) / 1000),
    childrenRunning: registry.size,
    childrenSpawned: registry.spawnedTotal,
    ownUsage: process.resourceUsage(),
    finishedUsage: finished,
    requestsWaiting: queue.size,
    requestsRefused: queue.refused,
    requestersLeft: queue.left,
    answerTimes: times.summary,
    sampling: sampler.cost,
    eventsOnDisk: journal.isWriting,
    keeper: { pid: keeper.pid, readySince: keeper.readySince, trouble: keeper.trouble },
    readOnly: readOnly.state,
    zygote: keeper.zygote,
    confinement: sources.zygote.confinement,
  };
}
