import { formats, versionTrouble } from '@hatchery/formats';

/**
 * Identifies a process for good: pids are reused, pairs with the start time (field 22 of
 * /proc/PID/stat) are not.
 */
export interface ProcessName {
  readonly pid: number;
  readonly startTime: number;
}

/**
 * What the holder of a script lock writes beside it, for people and for commands that it runs. The
 * lock itself is the kernel's: the record of a free lock means nothing.
 */
export interface HolderRecord {
  /** Identifies this acquisition. */
  readonly token: string;
  /** The command. */
  readonly process: ProcessName;
  /** The `hatchery lock` above it, which has the lock, too. */
  readonly runner: ProcessName;
  /**
   * The boot and the pid namespace in which both process names are valid:
   * /proc/sys/kernel/random/boot_id and /proc/self/ns/pid.
   */
  readonly boot: string;
  readonly pidNamespace: string;
  readonly user: string;
  readonly host: string;
  readonly command: string;
  /** RFC 3339, UTC. */
  readonly since: string;
}

/**
 * Reads a record that apps/cli/lock/holder_record.py wrote; null when the text is not one: empty,
 * cut off, or foreign.
 */
export function readHolderRecord(text: string): HolderRecord | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(read) || read['format'] !== formats.holder.version) return null;
  const texts = ['token', 'user', 'host', 'command', 'since', 'boot', 'pidNamespace'];
  if (!texts.every((key) => typeof read[key] === 'string' && read[key] !== '')) return null;
  if (!isProcessName(read['process']) || !isProcessName(read['runner'])) return null;
  const { format: _format, ...record } = read;
  return record as unknown as HolderRecord;
}

/** Why the record in `place` tells nothing, when that is its version; null else. */
export function holderTrouble(text: string, place: string): string | null {
  try {
    const read: unknown = JSON.parse(text);
    return isObject(read) ? versionTrouble('holder', place, read['format']) : null;
  } catch {
    return null;
  }
}

function isProcessName(value: unknown): value is ProcessName {
  return (
    isObject(value) &&
    Number.isSafeInteger(value['pid']) &&
    Number.isSafeInteger(value['startTime'])
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
