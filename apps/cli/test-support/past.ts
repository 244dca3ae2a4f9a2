import assert from 'node:assert/strict';
import { join } from 'node:path';
import { AuditLog, type AuditBody } from '@hatchery/event-feed';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery, type Outcome } from './terminal.ts';

/**
 * A state directory with this audit, each entry a minute after the one before it, the last one now.
 */
export function audited(directory: string, ...bodies: AuditBody[]): void {
  let minutes = bodies.length;
  const now = (): Date => new Date(Date.now() - 60_000 * minutes);
  const failed = (error: Error): never => assert.fail(error);
  using log = new AuditLog({
    directory: join(directory, 'audit'),
    part: 'ssh-gateway',
    now,
    failed,
  });
  for (const body of bodies) {
    minutes -= 1;
    log.append(body);
  }
}

/** Runs a story on its own state directory; `ask` runs a command about it. */
export async function withState(
  story: (state: string, ask: (...words: string[]) => Promise<Outcome>) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  await story(directory.path, (...words) => hatchery(...words, '--state-dir', directory.path));
}
