import type { ChildUsage } from '@hatchery/events';
import { usageStretchMsMin, usageStretchMsPerChild } from '../limits.ts';
import type { UsageRecord } from './record.ts';

interface Stretch {
  readonly at: number;
  readonly cpu: number[];
  last: ChildUsage;
  privateBytes: number | null;
  rssBytes: number | null;
}

/**
 * Thins usage out: one record for each child and stretch. Stretches grow with the number of
 * children, so that the disk gets a steady trickle.
 */
export class UsageStretches {
  readonly #open = new Map<string, Stretch>();

  /** The stretches that end with these samples, taken at `at`. */
  take(
    samples: readonly { readonly id: string; readonly usage: ChildUsage }[],
    at: number,
    children: number,
  ): readonly UsageRecord[] {
    const lengthMs = Math.max(usageStretchMsMin, children * usageStretchMsPerChild);
    return samples.flatMap(({ id, usage }) => {
      const stretch = this.#open.get(id);
      const ended = stretch !== undefined && at - stretch.at >= lengthMs;
      const ending = ended ? [recordOf(id, stretch)] : [];
      this.#add(id, ended ? undefined : stretch, usage, at);
      return ending;
    });
  }

  /** The last stretch of a child that is gone. */
  end(id: string): readonly UsageRecord[] {
    const stretch = this.#open.get(id);
    this.#open.delete(id);
    return stretch === undefined ? [] : [recordOf(id, stretch)];
  }

  #add(id: string, stretch: Stretch | undefined, usage: ChildUsage, at: number): void {
    const open = stretch ?? { at, cpu: [], last: usage, privateBytes: null, rssBytes: null };
    if (usage.cpuPercent !== null) open.cpu.push(usage.cpuPercent);
    open.last = usage;
    open.privateBytes = largest(open.privateBytes, usage.privateBytes);
    open.rssBytes = largest(open.rssBytes, usage.rssBytes);
    this.#open.set(id, open);
  }
}

function recordOf(
  childId: string,
  { at, cpu, last, privateBytes, rssBytes }: Stretch,
): UsageRecord {
  const cpuPercent =
    cpu.length === 0 ? null : cpu.reduce((sum, each) => sum + each, 0) / cpu.length;
  const ioBytes = sum(last.readBytes, last.writeBytes);
  const faults = sum(last.minorFaults, last.majorFaults);
  return { type: 'usage', childId, at, cpuPercent, privateBytes, rssBytes, ioBytes, faults };
}

function largest(left: number | null, right: number | null): number | null {
  return left === null || right === null ? (left ?? right) : Math.max(left, right);
}

function sum(left: number | null, right: number | null): number | null {
  return left === null && right === null ? null : (left ?? 0) + (right ?? 0);
}
