import { auditDirectory, eventsDirectory, type Config } from '@hatchery/config';
import { StartError, type Logger, version } from '@hatchery/daemon';
import { AuditLog, EventJournal, EventLog } from '@hatchery/event-feed';

/** The events of this service, which go on where its last run ended. */
export interface OpenEventLog extends Disposable {
  readonly events: EventLog;
  readonly journal: EventJournal;
}

/**
 * Opens the log in the state directory. @throws {StartError} when its directory cannot be made or
 * read
 */
export function openEventLog(config: Config, log: Logger, startedAt: number): OpenEventLog {
  const journal = openJournal(config, log, `${startedAt.toString(36)}-${process.pid}`);
  const events = new EventLog({
    epoch: journal.recovered.epoch,
    version,
    now: () => new Date(),
    journal,
  });
  const audit = openAudit(config, log);
  // The journal is for resuming and holds an hour of a busy service; what people did is wanted for
  // longer.
  events.subscribe(null, (message) => {
    if (message.type !== 'event') return;
    const { seq: _seq, at: _at, ...body } = message.event;
    if (body.kind === 'child.failed') {
      const { user = null, peer = null } = events.view.children[body.id] ?? {};
      const { kind: failure, verb, path, cause } = body.failure;
      audit.append({
        kind: 'session.failed',
        childId: body.id,
        user,
        peer,
        failure,
        verb,
        path,
        cause,
      });
    }
    if (
      body.kind === 'action.requested' ||
      body.kind === 'action.done' ||
      body.kind === 'lock.broken'
    )
      audit.append(body);
  });
  const dispose = (): void => {
    audit[Symbol.dispose]();
    journal[Symbol.dispose]();
  };
  return { events, journal, [Symbol.dispose]: dispose };
}

function openAudit(config: Config, log: Logger): AuditLog {
  const directory = auditDirectory(config);
  const failed = (err: Error): void => log.error({ err, directory }, 'audit not written');
  try {
    return new AuditLog({ directory, part: 'forker', now: () => new Date(), failed });
  } catch (error) {
    throw new StartError(`cannot use ${directory}: ${(error as Error).message}`, { cause: error });
  }
}

function openJournal(config: Config, log: Logger, newEpoch: string): EventJournal {
  const directory = eventsDirectory(config);
  const listener = {
    suspended: (err: Error) =>
      log.error({ err, directory }, 'events are not on disk; they wait in memory'),
    resumed: (missing: number) => log.warn({ missing }, 'events are on disk again'),
    unsynced: (err: Error) => log.error({ err, directory }, 'events have not reached the disk'),
    epochEnded: (why: string) =>
      log.warn({ why }, 'the log of events begins anew; readers get a snapshot'),
  };
  try {
    return new EventJournal({ directory, newEpoch, listener });
  } catch (error) {
    throw new StartError(`cannot use ${directory}: ${(error as Error).message}`, { cause: error });
  }
}
