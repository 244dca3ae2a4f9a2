import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { thisKernel } from '@hatchery/script-locks';

/** A pid larger than Linux assigns. */
export const deadPid = 4_194_399;

/**
 * The other facts that a session writes about its process: this boot, this pid namespace, and these
 * start ticks.
 */
export function identityOf(startTicks: number): Readonly<Record<string, string | number>> {
  const { boot, pidNamespace } = thisKernel();
  return { boot, pid_namespace: pidNamespace, start_ticks: startTicks };
}

/** A branch's lock directory, as Breezy creates it. */
export class LockDirectory {
  readonly path: string;

  constructor(branch: string, part = 'branch') {
    this.path = join(branch, '.bzr', part, 'lock');
    mkdirSync(this.path, { recursive: true });
  }

  /** Takes the lock with an info file of this nonce, and other fields as given. */
  take(nonce: string, fields: Readonly<Record<string, string | number>> = {}): void {
    const all = {
      hostname: hostname(),
      nonce,
      pid: deadPid,
      start_time: 1_700_000_000,
      user: 'u <u@example.invalid>',
    };
    const lines = Object.entries({ ...all, ...fields }).map(([key, value]) => `${key}: ${value}\n`);
    this.takeWith(lines.join(''));
  }

  /** Takes the lock with this text as its info file; null writes none. */
  takeWith(text: string | null): void {
    this.free();
    mkdirSync(join(this.path, 'held'));
    if (text !== null) writeFileSync(join(this.path, 'held', 'info'), text);
  }

  free(): void {
    rmSync(join(this.path, 'held'), { recursive: true, force: true });
  }
}
