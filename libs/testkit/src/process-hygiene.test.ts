import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertNothingLeft, killWhatMentions, takeBaseline } from './process-hygiene.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Asserts that the present leftovers are found, and that none are found once `remove` has run. */
async function assertFound(
  directory: string,
  pattern: RegExp,
  remove: () => unknown,
): Promise<void> {
  const baseline = takeBaseline();
  try {
    await assert.rejects(assertNothingLeft(directory, baseline, 0), pattern);
  } finally {
    await remove();
  }
  await assertNothingLeft(directory, baseline);
}

describe('assertNothingLeft', () => {
  it('finds nothing where nothing is left', async () => {
    using directory = temporaryDirectory();
    await assertNothingLeft(directory.path, takeBaseline());
  });

  it('finds a process that has the state directory in its command line', async () => {
    using directory = temporaryDirectory();
    const child = spawn('sh', ['-c', 'read line', directory.path]);
    await once(child, 'spawn');
    await assertFound(directory.path, new RegExp(`process ${child.pid}: sh -c`), async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    });
  });

  it('finds a process that has it in its environment only, and such a process can be killed', async () => {
    using directory = temporaryDirectory();
    const child = spawn('sleep', ['600'], {
      env: { HOME: join(directory.path, 'breezy') },
      stdio: 'ignore',
    });
    await once(child, 'spawn');
    await assertFound(directory.path, new RegExp(`process ${child.pid}: sleep 600`), async () => {
      killWhatMentions(directory.path);
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
    });
  });

  it('finds a pipe directory, however deep', async () => {
    using directory = temporaryDirectory();
    const left = join(directory.path, 'run', 'lp-forking-service-child-x');
    mkdirSync(left, { recursive: true });
    const baseline = takeBaseline();
    await assert.rejects(
      assertNothingLeft(directory.path, baseline, 0),
      /pipe directory .*-child-x/,
    );
  });

  it('finds a descriptor that was not open before', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    const fd = openSync('/dev/null', 'r');
    await assert.rejects(assertNothingLeft(directory.path, baseline, 0), /1 descriptors/);
    closeSync(fd);
    await assertNothingLeft(directory.path, baseline);
  });

  it('gives an ending process a moment', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    const child = spawn('sh', ['-c', 'sleep 0.1', directory.path], { stdio: 'ignore' });
    await once(child, 'spawn');
    await assertNothingLeft(directory.path, baseline);
  });
});
