import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { prepareCgroup, removeCgroup } from './delegated-cgroup.ts';

const mount = /^(?:\S+ ){4}(\S+) .* - cgroup2 /m.exec(
  readFileSync('/proc/self/mountinfo', 'utf8'),
)?.[1];
const canMakeGroups = mount !== undefined && process.getuid?.() === 0;

/** What the kernel tells a process whose control group is `path` below `at`. */
async function withProc(
  story: (proc: string) => void | Promise<void>,
  path: string,
  at = mount,
): Promise<void> {
  using directory = temporaryDirectory();
  writeFileSync(join(directory.path, 'cgroup'), `4:memory:/elsewhere\n0::${path}\n`);
  writeFileSync(
    join(directory.path, 'mountinfo'),
    `30 1 0:26 / ${at} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n`,
  );
  await story(directory.path);
}

describe('prepareCgroup', () => {
  it('says so where cgroup v2 is not mounted', () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'cgroup'), '4:memory:/\n');
    writeFileSync(
      join(directory.path, 'mountinfo'),
      '30 1 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw\n',
    );
    assert.deepEqual(prepareCgroup(null, '/run/a', directory.path), {
      directory: null,
      reason: 'cgroup v2 is not mounted here',
    });
  });

  it(
    'says so where root was given none, though it could write there',
    { skip: !canMakeGroups },
    async () => {
      await withProc((proc) => {
        const place = prepareCgroup(null, '/run/a', proc);
        assert.equal(place.directory, null);
        assert.match('reason' in place ? place.reason : '', / is not delegated to this service$/);
      }, '/');
    },
  );

  it(
    'makes a group in the one that was delegated, for the user of the sessions',
    { skip: !canMakeGroups },
    async () => {
      const own = join(mount ?? '', `hatchery-test-${process.pid}`);
      mkdirSync(own);
      try {
        const mark = 'import os, sys; os.setxattr(sys.argv[1], "trusted.delegate", b"1")';
        execFileSync('/usr/bin/python3', ['-c', mark, own]);
        await withProc(async (proc) => {
          const place = prepareCgroup({ name: 'nobody', uid: 65534, gid: 65534 }, '/run/a', proc);
          assert.match(place.directory ?? '', new RegExp(`^${own}/hatchery-sessions-[0-9a-f]{6}$`));
          assert.ok(place.directory !== null);
          assert.notEqual(statSync(join(place.directory, 'cgroup.procs')).uid, 0);
          // A service that was killed left it, with the group of a session.
          for (const pid of ['4194400', `${process.pid}`]) mkdirSync(join(place.directory, pid));
          assert.deepEqual(prepareCgroup(null, '/run/a', proc), place);
          assert.equal(existsSync(join(place.directory, '4194400')), false);
          assert.ok(existsSync(join(place.directory, `${process.pid}`)), 'of a process that lives');
          const other = prepareCgroup(null, '/run/b', proc);
          assert.notEqual(other.directory, place.directory);
          mkdirSync(join(place.directory, '4194401'));
          for (const twice of [1, 2]) assert.equal(await removeCgroup(place), true, `${twice}`);
          assert.equal(existsSync(place.directory), false);
          assert.equal(existsSync(other.directory ?? ''), true);
          await removeCgroup(other);
        }, `/hatchery-test-${process.pid}`);
      } finally {
        rmdirSync(own);
      }
    },
  );
});
