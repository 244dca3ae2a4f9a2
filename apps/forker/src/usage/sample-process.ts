import type { ChildUsage } from '@hatchery/events';
import {
  pageBytes,
  parseIo,
  parseMemory,
  parseStat,
  readProc,
  ticksPerSecond,
  type MemoryReading,
} from './proc-usage.ts';

/** The part of this sample that the next one needs. */
export interface Known {
  readonly cpuTicks: number;
  readonly atMs: number;
  readonly memory: MemoryReading | null;
}

/**
 * One sample of a process, or null when it is gone. Reads its memory `withMemory`; otherwise
 * repeats the last value. `nowMs` is monotonic.
 */
export function sampleProcess(
  pid: number,
  before: Known | undefined,
  nowMs: number,
  withMemory: boolean,
): { readonly known: Known; readonly usage: ChildUsage } | null {
  const stat = parseStat(readProc(pid, 'stat') ?? '');
  if (stat === null) return null;
  const io = readProc(pid, 'io');
  const rollup = withMemory ? readProc(pid, 'smaps_rollup') : null;
  const memory = rollup === null ? (before?.memory ?? null) : parseMemory(rollup);
  const usage: ChildUsage = {
    cpuPercent:
      before === undefined
        ? null
        : cpuPercent(stat.cpuTicks - before.cpuTicks, nowMs - before.atMs),
    rssBytes: stat.rssPages * pageBytes,
    pssBytes: memory?.pssBytes ?? null,
    privateBytes: memory?.privateBytes ?? null,
    ...(io === null ? { readBytes: null, writeBytes: null } : parseIo(io)),
    minorFaults: stat.minorFaults,
    majorFaults: stat.majorFaults,
  };
  return { known: { cpuTicks: stat.cpuTicks, atMs: nowMs, memory }, usage };
}

function cpuPercent(ticks: number, elapsedMs: number): number | null {
  if (elapsedMs <= 0) return null;
  return Math.round(((1000 * 100 * ticks) / ticksPerSecond / elapsedMs) * 10) / 10;
}
