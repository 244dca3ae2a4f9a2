import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { lockWord } from '../../test-support/lock.ts';
import { useLockStage } from '../../test-support/lock-stage.ts';

const { go, run, startHolder, stateDirectory } = useLockStage();
const notRoot = process.getuid?.() !== 0 && 'needs root';

const letGo = (): void => writeFileSync(go(), '');

describe('a child of the holder', () => {
  it('passes, at any depth, and gives its own exit status', async () => {
    const word = lockWord(stateDirectory(), 'a');
    const { status, stdout } = await run(
      'a',
      '--',
      'sh',
      '-c',
      `${word} -- ${word} -- sh -c 'echo in; exit 5'`,
    );
    assert.deepEqual([status, stdout], [5, 'in\n']);
  });

  it('passes when it has not inherited the descriptor, for example below Python', async () => {
    const python = `import subprocess,sys; sys.exit(subprocess.call(${JSON.stringify(lockWord(stateDirectory(), 'a'))} + ' -- echo in', shell=True))`;
    assert.deepEqual(await run('a', '--', 'python3', '-c', python), {
      status: 0,
      stdout: 'in\n',
      stderr: '',
    });
  });

  it('does not pass to a lock that its parents do not hold', async () => {
    using holder = await startHolder('b');
    const { status } = await run(
      'a',
      '--',
      'sh',
      '-c',
      `${lockWord(stateDirectory(), 'b')} -- true`,
    );
    assert.equal(status, 75);
    letGo();
    await holder.ended();
  });

  it('passes without its environment', async () => {
    const script = `env -i ${lockWord(stateDirectory(), 'a')} --wait 60 -- echo in`;
    assert.deepEqual(await run('a', '--', 'sh', '-c', script), {
      status: 0,
      stdout: 'in\n',
      stderr: '',
    });
  });

  it(
    'passes as another user who may not read its parents, with a message that says why',
    { skip: notRoot },
    async () => {
      chmodSync(stateDirectory(), 0o755);
      const file = join(stateDirectory(), 'hatchery.toml');
      writeFileSync(file, 'locks.mode = "0666"\n');
      // Like sudo, Python closes what it inherits.
      const become = `import subprocess,sys; sys.exit(subprocess.call(sys.argv[1:], user=65534, group=65534, extra_groups=[]))`;
      const inner = `${lockWord(stateDirectory(), 'a')} --config '${file}' --wait 60 -- echo in`;
      const script = `/usr/bin/python3 -c '${become}' sh -c "${inner}"`;
      const { status, stdout, stderr } = await run('a', '--config', file, '--', 'sh', '-c', script);
      assert.deepEqual([status, stdout], [0, 'in\n'], stderr);
      assert.match(
        stderr,
        /^hatchery: lock a is held by this command's own job \(pid \d+: sh -c .*\); it runs under that lock\n$/,
      );
    },
  );

  it(
    'that may not read the lock reads that its own job holds it, and what to do',
    { skip: notRoot },
    async () => {
      chmodSync(stateDirectory(), 0o755);
      const inner = `setpriv --reuid 65534 --regid 65534 --clear-groups ${lockWord(stateDirectory(), 'a')} --wait 60 -- true`;
      const { status, stderr } = await run('a', '--', 'sh', '-c', inner);
      assert.equal(status, 1);
      assert.match(
        stderr,
        /EACCES.*its own job holds lock a already \(pid \d+\): run the command there without hatchery lock\n$/,
      );
    },
  );

  it('is no process outside its descendants', async () => {
    using holder = await startHolder('a');
    assert.equal((await run('a', '--', 'true')).status, 75);
    letGo();
    await holder.ended();
  });
});
