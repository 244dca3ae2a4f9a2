import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Lock } from '@hatchery/events';
import { assertNothingLeft, takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import { locksWord, lockWord, RunningCommand, type CommandEnd } from '../../test-support/lock.ts';

const unshare = ['--pid', '--fork', '--kill-child', '--mount-proc'] as const;
const { status, stderr } = spawnSync('unshare', [...unshare, 'true'], { encoding: 'utf8' });
const skip = status === 0 ? false : `no pid namespace: ${stderr.trim()}`;

/**
 * Runs a shell script in its own pid namespace, as in a container. There /proc/locks hides every
 * lock whose taker is gone, such as the flock(1) that takes a lock for `hatchery lock`.
 */
async function inNamespace(
  script: (word: string, directory: string) => string,
): Promise<CommandEnd> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  using command = new RunningCommand('unshare', [
    ...unshare,
    'sh',
    '-ec',
    script(lockWord(directory.path, ''), directory.path),
  ]);
  const end = await command.ended();
  await assertNothingLeft(directory.path, baseline);
  return end;
}

describe('in a container', { skip }, () => {
  it('a lock is taken, its holder named to the next, and shown', async () => {
    const { stdout, stderr } = await inNamespace((word, directory) => {
      const locks = locksWord(directory);
      // For a moment after the fork the holder is still called `hatchery lock`, with these
      // arguments at its end.
      return `${word} a -- sh -c 'sleep 1000' & until ${locks} --json 2>/dev/null | grep '"sh -c sleep 1000"'; do :; done
        ${word} a -- echo never || echo "exit $?"`;
    });
    assert.match(
      stderr,
      /hatchery: lock a is held by \w+: sh -c sleep 1000 \(pid \d+, since 20\S+\); wait for it/,
    );
    const [shown = '', exit] = stdout.trim().split('\n');
    assert.equal(exit, 'exit 75');
    const [lock, ...others] = JSON.parse(shown) as Lock[];
    assert.deepEqual([others, lock?.name, lock?.condition], [[], 'a', 'held']);
    assert.match(lock?.holder?.command ?? '', /^sh -c sleep 1000$/);
  });

  it('a child of the holder passes', async () => {
    const { status, stdout } = await inNamespace((word) => `${word} a -- ${word} a -- echo in`);
    assert.deepEqual([status, stdout], [0, 'in\n']);
  });

  it('a child of the holder that did not inherit the descriptor passes too', async () => {
    const { status, stdout, stderr } = await inNamespace((word) => {
      const inner = JSON.stringify(`${word} a -- echo in`);
      return `${word} a -- python3 -c "import subprocess,sys; sys.exit(subprocess.call(${inner.replaceAll('"', "'''")}, shell=True))"`;
    });
    assert.deepEqual([status, stdout], [0, 'in\n'], stderr);
  });

  it('a lock that a shell took by flock(1) on a descriptor is seen, with the shell', async () => {
    const { stdout } = await inNamespace((word, directory) => {
      const locks = locksWord(directory);
      return `${word} a -- true; exec 9<'${directory}/locks/a.lock'; flock 9; ${locks} --json 2>/dev/null`;
    });
    const [lock] = JSON.parse(stdout) as Lock[];
    assert.deepEqual([lock?.name, lock?.holder?.pid], ['a', 1]);
    assert.match(lock?.reasons?.join() ?? '', /outside hatchery/);
  });

  it('an observer outside sees a holder by the pid that it has there', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    const script = `${lockWord(directory.path, '')} a -- sleep 1000`;
    {
      using holder = new RunningCommand('unshare', [...unshare, 'sh', '-ec', `${script}; true`]);
      const lock = await until('the lock', async () => {
        const word = RunningCommand.hatchery(directory.path, ['locks', '--json']);
        const [one] = JSON.parse((await word.ended()).stdout) as Lock[];
        return one?.holder?.command === 'sleep 1000' ? one : null;
      });
      const pid = lock.holder?.pid ?? 0;
      // For a moment after the fork it is still called `hatchery lock`, with these arguments at its
      // end.
      assert.match(
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' '),
        /sleep 1000 $/,
      );
      assert.match(
        lock.reasons?.join() ?? '',
        new RegExp(`, which is ${pid} here: it runs in another pid namespace$`),
      );
      assert.ok(holder.pid > 0);
    }
    await assertNothingLeft(directory.path, baseline);
  });
});
