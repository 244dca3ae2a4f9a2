import type { Config } from '@hatchery/config';
import { clearPartHalt, processStartTime, readPartHalt, writePartHalt } from '@hatchery/daemon';
import { waitFor } from '@hatchery/waiting';
import { resumeLookMs } from '../limits.ts';
import type { PartName } from '../service/part.ts';
import type { PartProcess } from './part-process.ts';

/**
 * What stands written of a part that its supervisor does not run now (see `PartHalt`). `hatchery
 * start` resumes it by taking that away.
 */
export class HaltedPart {
  readonly #config: Config;
  readonly #name: PartName;
  readonly #say: (line: string) => void;

  constructor(config: Config, name: PartName, say: (line: string) => void) {
    this.#config = config;
    this.#name = name;
    this.#say = say;
  }

  /** How that process was asked to stop, as it has written down; null when it ended by itself. */
  stopOf({ pid, startTime }: PartProcess): string | null {
    const halt = readPartHalt(this.#config, this.#name);
    const isItsOwn = halt?.state === 'stopped' && halt.pid === pid && halt.startTime === startTime;
    return isItsOwn ? halt.reason : null;
  }

  /** Says that it fails. Where it cannot be written, the log alone has it. */
  fail(reason: string, attempts: number, waitMs: number): void {
    const now = Date.now();
    const own = { pid: process.pid, startTime: processStartTime(process.pid) ?? 0 };
    const [at, nextTryAt] = [new Date(now).toISOString(), new Date(now + waitMs).toISOString()];
    const name = this.#name;
    try {
      writePartHalt(this.#config, {
        name,
        state: 'failing',
        at,
        reason,
        attempts,
        nextTryAt,
        ...own,
      });
    } catch (error) {
      this.#say(`cannot write down that ${name} fails: ${(error as Error).message}`);
    }
  }

  /**
   * Waits until somebody has taken away what stands written, `ms` have passed, or `signal` fires;
   * true when somebody asks for it.
   */
  async resumed(signal: AbortSignal, ms = Infinity): Promise<boolean> {
    const wasWritten = this.#isWritten;
    const isTakenAway = (): boolean => wasWritten && !this.#isWritten;
    const found = await waitFor(isTakenAway, { everyMs: resumeLookMs, forMs: ms, signal });
    return found !== null && !signal.aborted;
  }

  /**
   * Takes away whatever stands written, but for the word of the process that serves now: it may
   * have been asked to stop at once.
   */
  clearFor(serving: PartProcess): void {
    const pid = readPartHalt(this.#config, this.#name)?.pid;
    if (pid !== serving.pid) this.#clear(undefined);
  }

  /** Takes away what we have written ourselves, and the last word of that process of ours. */
  clearOf(last: PartProcess): void {
    for (const pid of [process.pid, last.pid]) this.#clear(pid);
  }

  #clear(pid: number | undefined): void {
    try {
      clearPartHalt(this.#config, this.#name, pid);
    } catch (error) {
      this.#say(`cannot take away what is written of ${this.#name}: ${(error as Error).message}`);
    }
  }

  get #isWritten(): boolean {
    return readPartHalt(this.#config, this.#name) !== null;
  }
}
