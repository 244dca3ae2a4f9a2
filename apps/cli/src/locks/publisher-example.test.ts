import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertNothingLeft, takeBaseline, temporaryDirectory } from '@hatchery/testkit';
import type { Baseline, TemporaryDirectory } from '@hatchery/testkit';
import { lockWord, RunningCommand } from '../../test-support/lock.ts';

const scripts = fileURLToPath(new URL('../../../../examples/publisher/', import.meta.url));
const names = ['process-accepted', 'publish-distro', 'publish-ftpmaster'] as const;

let directory: TemporaryDirectory;
let baseline: Baseline;

beforeEach(() => {
  baseline = takeBaseline();
  directory = temporaryDirectory();
  mkdirSync(join(directory.path, 'archive', 'accepted'), { recursive: true });
  writeFileSync(join(directory.path, 'archive', 'accepted', 'hello_1.deb'), 'hello');
});

afterEach(async () => {
  await assertNothingLeft(directory.path, baseline);
  directory[Symbol.dispose]();
});

const archive = (file: string): string => join(directory.path, 'archive', file);

/** The script, with a `hatchery` on the state directory `state`. */
function start(name: string, state = 'state'): RunningCommand {
  const hatchery = join(directory.path, `hatchery-${state}`);
  const [command = ''] = lockWord(join(directory.path, state), '').split(' lock ');
  const place = `--state-dir '${join(directory.path, state)}'`;
  if (!existsSync(hatchery))
    writeFileSync(hatchery, `#!/bin/sh\nword=$1; shift\nexec ${command} "$word" ${place} "$@"\n`);
  chmodSync(hatchery, 0o755);
  const environment = { HATCHERY: hatchery, PUBLISHER_ARCHIVE: join(directory.path, 'archive') };
  return new RunningCommand(join(scripts, name), [], environment);
}

/** Holds the lock until the test releases it, like a script in the middle of its work. */
async function hold(): Promise<RunningCommand> {
  const script = `echo held; until [ -e '${archive('go')}' ]; do sleep 0.02; done`;
  const words = ['lock', 'publisher', '--', 'sh', '-c', script, 'process-accepted'];
  const holder = RunningCommand.hatchery(join(directory.path, 'state'), words);
  await holder.says(/held/);
  return holder;
}

it('the script that runs the other two passes its own lock to them twice, and all the work is done', async () => {
  using script = start('publish-ftpmaster');
  const { status, stdout, stderr } = await script.ended();
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(
    stdout,
    'process-accepted: hello_1.deb\npublish-distro: 1 packages\npublish-ftpmaster: done\n',
  );
  assert.equal(readFileSync(archive('Packages'), 'utf8'), './hello_1.deb\n');
});

it('each of them names the holder of the lock, and does nothing', async () => {
  using holder = await hold();
  for (const name of names) {
    using script = start(name);
    const { status, stdout, stderr } = await script.ended();
    assert.deepEqual([status, stdout], [75, ''], name);
    assert.match(
      stderr,
      /^hatchery: lock publisher is held by \S+: sh .*process-accepted \(pid \d+, since .*\n$/,
    );
  }
  assert.ok(existsSync(archive('accepted/hello_1.deb')));
  assert.ok(!existsSync(archive('Packages')));
  writeFileSync(archive('go'), '');
  assert.equal((await holder.ended()).status, 0);
});

it('started all at once, each either does its work or names the holder', async () => {
  const running = [...names, ...names].map((name) => start(name));
  const ends = await Promise.all(running.map((script) => script.ended()));
  assert.ok(ends.some(({ status }) => status === 0));
  for (const { status, stdout, stderr } of ends) {
    if (status === 0) assert.equal(stderr, '');
    else assert.deepEqual([status, stdout, /is held by/.test(stderr)], [75, '', true]);
  }
});

it('another directory of locks is another lock', async () => {
  using holder = await hold();
  using script = start('publish-distro', 'elsewhere');
  assert.equal((await script.ended()).status, 0);
  writeFileSync(archive('go'), '');
  await holder.ended();
});
