import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { partRecordPath, type Config } from '@hatchery/config';
import { processStartTime } from './process-identity.ts';

/** What a running part tells commands about itself. `details` is the part's own, as its addresses. */
export interface PartRecord {
  readonly name: string;
  readonly pid: number;
  readonly startTime: number;
  readonly readySince: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The record of a part that lives, or null: a record whose process is gone counts as none. */
export function readPartRecord(config: Config, name: string): PartRecord | null {
  try {
    const record = JSON.parse(readFileSync(partRecordPath(config, name), 'utf8')) as PartRecord;
    return processStartTime(record.pid) === record.startTime ? record : null;
  } catch {
    return null;
  }
}

/**
 * Writes the record whole or not at all; dispose it to remove it. A successor that ends before its predecessor, as in an
 * upgrade that is called off, leaves the record as it found it.
 */
export function writePartRecord(config: Config, record: PartRecord): Disposable {
  const path = partRecordPath(config, record.name);
  // A detail may be a secret, as the dashboard's sign-in link.
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const before = readPartRecord(config, record.name);
  put(path, record);
  return {
    [Symbol.dispose]: () => {
      if (readPartRecord(config, record.name)?.pid !== record.pid) return;
      if (before !== null && processStartTime(before.pid) === before.startTime) put(path, before);
      else rmSync(path, { force: true });
    },
  };
}

function put(path: string, record: PartRecord): void {
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
}
