import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readScriptLocks } from '@hatchery/script-locks';
import { until } from '@hatchery/testkit';
import { RunningCommand } from '../../test-support/lock.ts';
import { useLockStage } from '../../test-support/lock-stage.ts';

const { go, locksDirectory, run, start, startHolder, stateDirectory } = useLockStage();

const letGo = (): void => writeFileSync(go(), '');

describe('a command under a lock', () => {
  it('has its own arguments, output and exit status', async () => {
    assert.deepEqual(
      await run('a', '--', 'sh', '-c', 'echo "$1"; echo err >&2; exit 7', 'sh', '--wait'),
      {
        status: 7,
        stdout: '--wait\n',
        stderr: 'err\n',
      },
    );
  });

  it('that dies of a signal gives 128 plus its number, and the lock is free', async () => {
    assert.equal((await run('a', '--', 'sh', '-c', 'kill -9 $$')).status, 137);
    assert.equal((await run('a', '--', 'true')).status, 0);
  });

  it('that cannot be found or run gives 127 or 126, and the lock is free', async () => {
    assert.equal((await run('a', '--', '/nonexistent/command')).status, 127);
    assert.equal((await run('a', '--', stateDirectory())).status, 126);
    assert.equal((await run('a', '--', 'true')).status, 0);
  });

  it('receives the signals that hatchery receives', async () => {
    using holder = await startHolder('a', "trap 'exit 9' TERM;");
    holder.kill('SIGTERM');
    assert.equal((await holder.ended()).status, 9);
  });

  it('leaves the locked file and removes its record', async () => {
    await run('a', '--', 'true');
    assert.ok(existsSync(join(locksDirectory(), 'a.lock')));
    assert.ok(!existsSync(join(locksDirectory(), 'a.holder.json')));
  });
});

describe('a lock that another holds', () => {
  it('is refused with 75 and one line that names the holder', async () => {
    using holder = await startHolder('a');
    const { status, stderr, stdout } = await run('a', '--', 'echo', 'ran');
    assert.deepEqual([status, stdout], [75, '']);
    assert.match(
      stderr,
      /^hatchery: lock a is held by \S+: sh -c .*echo held.* \(pid \d+, since \d{4}-.*Z\);.*\n$/,
    );
    letGo();
    assert.equal((await holder.ended()).status, 0);
  });

  it('is taken after a wait, or refused when the wait was too short', async () => {
    using holder = await startHolder('a');
    const late = await run('a', '--wait', '0.2', '--', 'echo', 'ran');
    assert.deepEqual([late.status, late.stdout], [75, '']);
    using waiter = start('a', '--wait', '60', '--', 'echo', 'mine');
    const waiting = await until(
      'the waiter to be seen',
      () => readScriptLocks(locksDirectory())[0]?.waiters[0],
    );
    assert.deepEqual([waiting.pid, waiting.command], [waiter.pid, 'echo mine']);
    letGo();
    assert.equal((await holder.ended()).status, 0);
    assert.deepEqual(await waiter.ended(), { status: 0, stdout: 'mine\n', stderr: '' });
  });

  it('does not affect another name or another directory', async () => {
    using holder = await startHolder('a');
    assert.equal((await run('b', '--', 'true')).status, 0);
    using elsewhere = RunningCommand.hatchery(join(stateDirectory(), 'other'), [
      'lock',
      'a',
      '--',
      'true',
    ]);
    assert.equal((await elsewhere.ended()).status, 0);
    letGo();
    await holder.ended();
  });

  it('ends a wait at a signal with 128 plus its number', async () => {
    using holder = await startHolder('a');
    using waiter = start('a', '--wait', '60', '--', 'true');
    await until('the waiter', () => readScriptLocks(locksDirectory())[0]?.waiters.length === 1);
    waiter.kill('SIGTERM');
    assert.equal((await waiter.ended()).status, 143);
    letGo();
    await holder.ended();
  });

  it('of several started at once goes to one', async () => {
    const commands = [1, 2, 3, 4].map(() =>
      start('a', '--', 'sh', '-c', `until [ -e '${go()}' ]; do sleep 0.02; done`),
    );
    const ends = commands.map((command) => command.ended());
    let refused = 0;
    for (const end of ends) void end.then(({ status }) => (refused += status === 75 ? 1 : 0));
    await until('three to be refused', () => refused === 3);
    letGo();
    assert.deepEqual((await Promise.all(ends)).map(({ status }) => status).sort(), [0, 75, 75, 75]);
  });
});

describe('a crash', () => {
  it('of the whole job frees the lock at once, whatever runs beside it', async () => {
    using holder = await startHolder('a');
    const pid = readScriptLocks(locksDirectory())[0]?.holder?.pid ?? 0;
    holder.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await holder.ended();
    assert.ok(existsSync(join(locksDirectory(), 'a.holder.json')));
    assert.equal((await run('a', '--wait', '10', '--', 'true')).status, 0);
  });

  it('of hatchery alone leaves the lock with the command', async () => {
    using holder = await startHolder('a');
    holder.kill('SIGKILL');
    await holder.ended();
    const refused = await run('a', '--', 'true');
    assert.equal(refused.status, 75);
    assert.match(refused.stderr, /is held by .*echo held/);
    letGo();
    assert.equal((await run('a', '--wait', '30', '--', 'true')).status, 0);
  });

  it('of the command leaves the lock with what it started in the background', async () => {
    const { status } = await run(
      'a',
      '--',
      'sh',
      '-c',
      `(until [ -e '${go()}' ]; do sleep 0.02; done) >&- 2>&- &`,
    );
    assert.equal(status, 0);
    const refused = await run('a', '--', 'true');
    assert.equal(refused.status, 75);
    assert.match(readScriptLocks(locksDirectory())[0]?.reasons?.[0] ?? '', /its command has ended/);
    letGo();
    assert.equal((await run('a', '--wait', '30', '--', 'true')).status, 0);
  });
});

describe('a lock taken by other programs', () => {
  const wait = (): string => `until [ -e '${go()}' ]; do sleep 0.02; done`;

  it('as flock(1) is respected, and its holder named', async () => {
    mkdirSync(locksDirectory(), { recursive: true });
    const file = join(locksDirectory(), 'a.lock');
    using other = new RunningCommand('flock', [file, 'sh', '-c', `echo held; ${wait()}`]);
    await other.says(/held/);
    const { status, stderr } = await run('a', '--', 'true');
    assert.equal(status, 75);
    assert.match(stderr, new RegExp(`held by \\S+: flock .*\\(pid ${other.pid},`));
    letGo();
    assert.equal((await other.ended()).status, 0);
    assert.equal((await run('a', '--', 'true')).status, 0);
  });

  it("as Python's fcntl.lockf is respected, though the kernel keeps the two kinds apart", async () => {
    mkdirSync(locksDirectory(), { recursive: true });
    const file = join(locksDirectory(), 'a.lock');
    const script = `import fcntl,os,time
f = open(${JSON.stringify(file)}, 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True)
while not os.path.exists(${JSON.stringify(go())}): time.sleep(0.02)`;
    using other = new RunningCommand('python3', ['-c', script]);
    await other.says(/held/);
    const { status, stderr } = await run('a', '--', 'true');
    assert.equal(status, 75);
    assert.match(
      stderr,
      new RegExp(`^hatchery: lock a is held by .*python3.*\\(pid ${other.pid},.*\n$`),
    );
    letGo();
    assert.equal((await run('a', '--wait', '30', '--', 'true')).status, 0);
    await other.ended();
  });
});
