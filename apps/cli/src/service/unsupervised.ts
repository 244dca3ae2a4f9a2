import {
  processStartTime,
  readPartRecord,
  readReplacedRecords,
  type PartRecord,
} from '@hatchery/daemon';
import type { Config } from '@hatchery/config';
import { partPrograms } from './part.ts';
import { readService } from './service-process.ts';

/**
 * Parts whose `hatchery up` was killed: they finish what runs, take nothing new, and nobody starts
 * them again.
 */
export function unsupervisedParts(config: Config): PartRecord[] {
  return readService(config) === null ? supervisedParts(config) : [];
}

/** Parts that a `hatchery up` has started, whether or not that lives. */
export function supervisedParts(config: Config): PartRecord[] {
  const records = Object.keys(partPrograms).flatMap((name) => {
    const serving = readPartRecord(config, name);
    // In the midst of a replacement it is among the others too.
    const others = readReplacedRecords(config, name).filter(({ pid }) => pid !== serving?.pid);
    return serving === null ? others : [...others, serving];
  });
  return records.filter(({ supervised }) => supervised === true);
}

/** As `forker (pid 7) and ssh-gateway (pid 8)`. */
export function namesOf(parts: readonly PartRecord[]): string {
  return parts.map(({ name, pid }) => `${name} (pid ${pid})`).join(' and ');
}

/** Names a process for good. */
export type ProcessIdentity = Pick<PartRecord, 'pid' | 'startTime'>;

/** False once it has ended, whoever has its pid then. */
export function lives({ pid, startTime }: ProcessIdentity): boolean {
  return processStartTime(pid) === startTime;
}
