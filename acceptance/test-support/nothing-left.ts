import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './run.ts';

/**
 * What may stay in the runtime directory: locked files are never unlinked, or two processes could
 * get the lock; and the directory of the records.
 */
const mayStay = ['forker.lock', 'keeper.lock', 'parts'];

/**
 * Asserts after an end, good or bad: no process, socket, pipe directory or record is left of an
 * instance with everything below the directory.
 */
export async function assertNothingLeft(directory: string): Promise<void> {
  const runtime = join(directory, 'run');
  await until(
    'the end of every process of the instance',
    () => processesOf(directory).length === 0,
  );
  if (!existsSync(runtime)) return;
  const left = readdirSync(runtime, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !mayStay.includes(name),
  );
  assert.deepEqual(left, [], 'something was left behind in the runtime directory');
}

/** Pids of the processes whose command line names the directory. */
function processesOf(directory: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      return (
        pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory)
      );
    } catch {
      return false;
    }
  });
}
