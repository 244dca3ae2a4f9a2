import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import { waitFor } from '@hatchery/waiting';
import type { ForkService } from '../children/forking/fork-service.ts';
import { successionLookMs } from '../limits.ts';
import type { Relay } from '../requests/relay.ts';
import { leaveChildren } from '../shutdown.ts';
import type { Entrance } from './entrance.ts';
import { openOldControl, type OldState } from './old-control.ts';
import { stateOf, type Successor } from './successor.ts';

/** What is handed over, and to whom. */
export interface HandOver {
  readonly config: Config;
  readonly log: Logger;
  readonly service: ForkService;
  readonly entrance: Entrance;
  readonly successor: Successor;
  /** Disposed at the end. */
  readonly relay: Relay;
  /** Lets go of the keeper, the log of events and the directories. */
  readonly release: () => Promise<void>;
  /** Cuts the waiting of our clients short. */
  readonly urgent: AbortSignal;
}

/**
 * Leaves everything to a successor but the clients that wait for an exit: they are bound to this
 * process by their connections, so it stays until the last of them has been told what the successor
 * knows.
 */
export async function handOver(handing: HandOver): Promise<void> {
  const { config, entrance, log, relay, release, service, successor, urgent } = handing;
  using _relay = relay;
  const drainingSince = new Date();
  log.info(
    { children: service.registry.size, successor: successor.pid },
    'handing over to another forker',
  );
  await leaveChildren(service, urgent);
  entrance.leaveNames();
  await release();
  service.relayExits((id) => relay.exit(id));
  const state = (): OldState => ({ drainingSince, clients: entrance.clients });
  // That nobody can look is no reason to leave those who wait.
  using _control = await openOldControl(config, state).catch((err: unknown) => {
    log.error({ err }, 'nobody can be told what this process waits for');
    return null;
  });
  await wait(handing);
}

/** Resolves when nobody waits here any more, or waits in vain. */
async function wait({ config, entrance, log, successor, urgent }: HandOver): Promise<void> {
  const isDecided = (): boolean => stateOf(config, successor) !== 'starting';
  await waitFor(isDecided, { everyMs: successionLookMs, signal: urgent });
  entrance.closeForks();
  if (stateOf(config, successor) === 'gone') {
    log.error(
      { successor: successor.pid },
      'the other forker died before it was ready; the next one finds the children',
    );
    return;
  }
  log.info(
    { clients: entrance.clients },
    'handed over; clients that wait for an exit are told here',
  );
  const isLeft = (): boolean => entrance.clients === 0;
  await waitFor(isLeft, { everyMs: successionLookMs, signal: urgent });
}
