import type { ChildUsage } from '@hatchery/events';
import { memorySamplesPerTickMax } from '../limits.ts';
import {
  pageBytes,
  parseIo,
  parseMemory,
  parseStat,
  readProc,
  ticksPerSecond,
  type MemoryReading,
} from './proc-usage.ts';

interface Known {
  readonly cpuTicks: number;
  readonly atMs: number;
  readonly memory: MemoryReading | null;
}

/** Samples live children. It remembers of each only what the next sample needs. */
export class UsageSampler {
  #known = new Map<string, Known>();
  #memoryTurn = 0;

  /** One sample of each child that can still be read. `nowMs` is monotonic. */
  sample(children: readonly { id: string; pid: number }[], nowMs: number): { id: string; usage: ChildUsage }[] {
    const known = new Map<string, Known>();
    const samples: { id: string; usage: ChildUsage }[] = [];
    children.forEach((child, index) => {
      const before = this.#known.get(child.id);
      const sampled = sampleOne(child.pid, before, nowMs, this.#isMemoryTurn(index, children.length));
      if (sampled === null) return;
      known.set(child.id, sampled.known);
      samples.push({ id: child.id, usage: sampled.usage });
    });
    this.#known = known;
    this.#memoryTurn = (this.#memoryTurn + memorySamplesPerTickMax) % Math.max(children.length, 1);
    return samples;
  }

  #isMemoryTurn(index: number, count: number): boolean {
    return count <= memorySamplesPerTickMax || (index - this.#memoryTurn + count) % count < memorySamplesPerTickMax;
  }
}

function sampleOne(
  pid: number,
  before: Known | undefined,
  nowMs: number,
  withMemory: boolean,
): { known: Known; usage: ChildUsage } | null {
  const stat = parseStat(readProc(pid, 'stat') ?? '');
  if (stat === null) return null;
  const io = readProc(pid, 'io');
  const rollup = withMemory || before === undefined ? readProc(pid, 'smaps_rollup') : null;
  const memory = rollup === null ? (before?.memory ?? null) : parseMemory(rollup);
  const usage: ChildUsage = {
    cpuPercent: before === undefined ? null : cpuPercent(stat.cpuTicks - before.cpuTicks, nowMs - before.atMs),
    rssBytes: stat.rssPages * pageBytes,
    pssBytes: memory?.pssBytes ?? null,
    privateBytes: memory?.privateBytes ?? null,
    readBytes: io === null ? null : parseIo(io).readBytes,
    writeBytes: io === null ? null : parseIo(io).writeBytes,
    minorFaults: stat.minorFaults,
    majorFaults: stat.majorFaults,
  };
  return { known: { cpuTicks: stat.cpuTicks, atMs: nowMs, memory }, usage };
}

function cpuPercent(ticks: number, elapsedMs: number): number | null {
  if (elapsedMs <= 0) return null;
  return Math.round(((1000 * 100 * ticks) / ticksPerSecond / elapsedMs) * 10) / 10;
}
