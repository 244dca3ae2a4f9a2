import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { readKeyDigests, type Config } from '@hatchery/config';
import { createFile, modes, readVersioned, versionedText } from '@hatchery/daemon';
import { recordDone } from '../sessions/recorded.ts';

/** Where it stands written what the service runs with: digests of values, by their keys. */
function recordPath({ stateDirectory }: Config): string {
  return join(stateDirectory, 'configuration.json');
}

/** The digest of each value, by its key. */
interface Written {
  readonly keys: Readonly<Record<string, string>>;
}

/** What a service was started or restarted with. */
export interface TakenUp {
  readonly config: Config;
  /** The file that it was read from; undefined when there is none. */
  readonly file: string | undefined;
  readonly actor: string;
  readonly say: (line: string) => void;
}

/**
 * Tells the audit which keys are other ones than at the last start or restart, and never a value.
 * The service goes on whatever fails.
 */
export async function recordConfigurationChanges({
  config,
  file,
  actor,
  say,
}: TakenUp): Promise<void> {
  try {
    const now = readKeyDigests(file);
    const reason = describeChanges(readRecord(config), now);
    const path = recordPath(config);
    const written: Written = { keys: Object.fromEntries(now) };
    createFile(`${path}.new`, versionedText('configuration', written), modes.secretFile);
    renameSync(`${path}.new`, path);
    const action = { actor, verb: 'change', target: 'configuration', reason: reason ?? '' };
    if (reason !== null) await recordDone(config, action, 'done', say);
  } catch (error) {
    say(`the audit lacks what has changed in the configuration: ${(error as Error).message}`);
  }
}

/** Null when nothing has changed, and at the first start. */
export function describeChanges(
  before: ReadonlyMap<string, string> | null,
  now: ReadonlyMap<string, string>,
): string | null {
  if (before === null) return null;
  const changes = [...new Set([...before.keys(), ...now.keys()])].toSorted().flatMap((key) => {
    const [old, next] = [before.get(key), now.get(key)];
    if (old === next) return [];
    return [`${key} ${old === undefined ? 'set' : next === undefined ? 'unset' : 'changed'}`];
  });
  return changes.length === 0 ? null : changes.join(', ');
}

function readRecord(config: Config): ReadonlyMap<string, string> | null {
  const record = readVersioned<Written>(recordPath(config), 'configuration');
  return record === null ? null : new Map(Object.entries(record.keys));
}
