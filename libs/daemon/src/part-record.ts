import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
  // The predecessor's own to remove when it ends.
  const kept = before === null ? null : keptPath(path, before.pid);
  if (kept !== null) rmSync(kept, { force: true });
  if (kept !== null) linkSync(path, kept);
  writeFileSync(`${path}.${record.pid}`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(`${path}.${record.pid}`, path);
  return {
    [Symbol.dispose]: () => {
      rmSync(keptPath(path, record.pid), { force: true });
      if (readPartRecord(config, record.name)?.pid === record.pid) {
        if (kept !== null && existsSync(kept)) renameSync(kept, path);
        else rmSync(path, { force: true });
      }
      // Of one that was killed: nobody else removes it.
      if (readPartRecord(config, record.name) === null) rmSync(path, { force: true });
      if (kept !== null && processStartTime(before?.pid ?? 0) === null) rmSync(kept, { force: true });
    },
  };
}

function keptPath(path: string, pid: number): string {
  return `${path}.${pid}-`;
}
