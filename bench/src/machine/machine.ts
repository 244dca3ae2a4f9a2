import { cpus, loadavg, release } from 'node:os';
import type { Stand } from '../stand/stand.ts';
import { runTool } from '../stand/tools.ts';

/** What a figure depends on besides the code. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  /**
   * Processes that wanted to run in the last minute before the run: above zero, other programs were
   * at work.
   */
  readonly loadBefore: number;
  readonly kernel: string;
  readonly node: string;
  readonly breezy: string;
  readonly openssh: string;
}

/** Reads the facts. Call it before the run, which is a load itself. */
export async function describeMachine(stand: Stand, loadBefore: number): Promise<Machine> {
  const { home, signal } = stand;
  const [breezy, openssh] = await Promise.all([
    runTool(['/usr/bin/brz', 'version', '--short'], { home, signal }),
    runTool(['/usr/bin/ssh', '-V'], { home, signal }),
  ]);
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    loadBefore,
    kernel: release(),
    node: process.version,
    breezy: breezy.trim(),
    openssh: openssh.split(',')[0]?.trim() ?? 'unknown',
  };
}

/** The one-minute load average. */
export function currentLoad(): number {
  return Math.round(100 * (loadavg()[0] ?? 0)) / 100;
}
