/** A process, named for good: pids are reused, pairs with the start time (field 22 of /proc/PID/stat) are not. */
export interface ProcessName {
  readonly pid: number;
  readonly startTime: number;
}

/**
 * What the holder of a script's lock writes beside it, for people and for its own children. The lock itself is the kernel's:
 * a record whose lock is free says nothing.
 */
export interface HolderRecord {
  /** Names this very acquisition. The holder's children find it in their environment. */
  readonly token: string;
  /** The command, which leads a process group of its own; until it is started, the runner. */
  readonly process: ProcessName;
  /** The `hatchery lock` above it. */
  readonly runner: ProcessName;
  readonly user: string;
  readonly host: string;
  readonly command: string;
  /** RFC 3339, UTC. */
  readonly since: string;
}

/** The record as one line of JSON. */
export function writeHolderRecord(record: HolderRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** The record, or null when the text is none: empty, cut off, or somebody else's. */
export function readHolderRecord(text: string): HolderRecord | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(read)) return null;
  const texts = ['token', 'user', 'host', 'command', 'since'];
  if (!texts.every((key) => typeof read[key] === 'string' && read[key] !== '')) return null;
  if (!isProcessName(read['process']) || !isProcessName(read['runner'])) return null;
  return read as unknown as HolderRecord;
}

function isProcessName(value: unknown): value is ProcessName {
  return isObject(value) && Number.isSafeInteger(value['pid']) && Number.isSafeInteger(value['startTime']);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
