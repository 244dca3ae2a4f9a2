import { randomUUID } from 'node:crypto';
import { auditDirectory, type Config } from '@hatchery/config';
import { AuditLog } from '@hatchery/event-feed';
import type { ActionEvent } from '@hatchery/events';
import type { Invocation } from '../command.ts';
import { auditAnswerMsMax } from '../limits.ts';
import { askGateway } from '../service/running-gateway.ts';
import { actor, NotRunningError } from '../service/running-service.ts';

/** What somebody is about to do. */
export interface RecordedAction {
  /** As `user add`. */
  readonly verb: string;
  readonly target: string;
  readonly reason: string;
}

/**
 * Does something that the audit has to know: the intent is on record before it is done, the outcome
 * after. The running gateway writes both, so that the page hears of them; without one they go to
 * the audit's own files.
 * @throws an Error before anything is done when they cannot be written, and what `act` throws
 */
export async function recorded<T>(
  invocation: Invocation,
  action: RecordedAction,
  act: () => T | Promise<T>,
): Promise<T> {
  const { config, say } = invocation;
  const actionId = randomUUID();
  const finish = (outcome: string): Promise<void> =>
    write(config, { kind: 'action.done', actionId, outcome }).catch((error: unknown) =>
      say(`the audit lacks what came of it: ${(error as Error).message}`),
    );
  await write(config, {
    kind: 'action.requested',
    actionId,
    actor: actor(invocation),
    ...action,
  }).catch((error: unknown) => {
    throw new Error(
      `nothing is done, for the audit cannot be written: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  });
  try {
    const result = await act();
    await finish('done');
    return result;
  } catch (error) {
    await finish(`failed: ${(error as Error).message}`);
    throw error;
  }
}

/** What a service or somebody behind it has asked for, and by whom. */
export type AskedAction = RecordedAction & { readonly actor: string };

/**
 * For what must not wait for the audit, or fail with it, as a stop: writes down what is about to be
 * done; the result writes what came of it. Neither rejects: `say` hears of what is missing.
 */
export async function recordBegun(
  config: Config,
  action: AskedAction,
  say: (line: string) => void,
): Promise<(outcome: string) => Promise<void>> {
  const actionId = randomUUID();
  const put = async (entry: ActionEvent): Promise<void> => {
    try {
      // A gateway that hangs or is about to end is no reason to have no entry.
      await askGateway(config, 'POST', '/v1/audit', entry, auditAnswerMsMax).catch(() =>
        writeFile(config, entry),
      );
    } catch (error) {
      say(
        `the audit lacks that ${action.actor} asked for '${action.verb} ${action.target}': ${(error as Error).message}`,
      );
    }
  };
  await put({ kind: 'action.requested', actionId, ...action });
  return (outcome) => put({ kind: 'action.done', actionId, outcome });
}

/** The same for what is over already. */
export async function recordDone(
  config: Config,
  action: AskedAction,
  outcome: string,
  say: (line: string) => void,
): Promise<void> {
  const finish = await recordBegun(config, action, say);
  await finish(outcome);
}

async function write(config: Config, entry: ActionEvent): Promise<void> {
  try {
    await askGateway(config, 'POST', '/v1/audit', entry);
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
    writeFile(config, entry);
  }
}

function writeFile(config: Config, entry: ActionEvent): void {
  let trouble: Error | null = null;
  const failed = (error: Error): void => void (trouble = error);
  using log = new AuditLog({
    directory: auditDirectory(config),
    part: 'cli',
    now: () => new Date(),
    failed,
  });
  log.append(entry);
  if (trouble !== null) throw trouble as Error;
}
