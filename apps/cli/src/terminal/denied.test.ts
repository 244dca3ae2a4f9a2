import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@hatchery/testkit';
import { messageOf, otherOwnerOf } from './denied.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A command of a user that is nobody's. */
function asNobody(...words: readonly string[]): {
  readonly stdout: string;
  readonly stderr: string;
} {
  const argv = [
    '--reuid',
    '65534',
    '--regid',
    '65534',
    '--clear-groups',
    process.execPath,
    program,
    ...words,
  ];
  const env = { PATH: process.env['PATH'], HATCHERY_CONFIG: '/dev/null' };
  return spawnSync('setpriv', argv, { cwd: '/', encoding: 'utf8', env });
}

const isRoot = process.getuid?.() === 0;
// A checkout in somebody's home is closed to others.
const skip =
  !isRoot || !asNobody('help').stdout.startsWith('hatchery serves')
    ? 'needs root, and a checkout for all'
    : false;

describe('what this user may not', () => {
  it('is said with the place and who may, and every other error is as it was', () => {
    const bare = (code: string, path?: string): Error =>
      Object.assign(new Error(`${code}: permission denied, open '${path}'`), { code, path });
    const uid = process.geteuid?.();
    assert.match(
      messageOf(bare('EACCES', '/proc/none')),
      new RegExp(`^/proc/none is not for uid ${uid} \\(EACCES\\); `),
    );
    assert.match(messageOf(bare('EPERM', '/proc/none')), /\(EPERM\); /);
    for (const error of [
      bare('ENOENT', '/x'),
      bare('EACCES'),
      Object.assign(bare('EACCES', '/x'), { message: 'told' }),
    ])
      assert.equal(messageOf(error), error.message);
  });

  it('belongs to the nearest other user', { skip: isRoot ? false : 'needs root' }, () => {
    using directory = temporaryDirectory();
    assert.equal(otherOwnerOf('/proc/none'), null);
    chownSync(directory.path, 65_534, 65_534);
    assert.equal(otherOwnerOf(join(directory.path, 'none/none')), 'nobody');
  });

  it('is words on the command line, and changes nothing', { skip }, () => {
    using directory = temporaryDirectory();
    const state = join(directory.path, 'state');
    chmodSync(directory.path, 0o755);
    mkdirSync(join(state, 'users/bo'), { recursive: true });
    writeFileSync(join(state, 'hatchery.log'), '', { mode: 0o600 });
    chmodSync(join(state, 'users/bo'), 0o700);
    for (const mode of [0o700, 0o711, 0o755]) {
      chmodSync(state, mode);
      const { stderr } = asNobody('start', '--state-dir', state);
      const wanted = `hatchery: start: ${state}/hatchery.log is not for uid 65534 (EACCES); run it with sudo, or as root\n`;
      assert.equal(stderr, wanted, mode.toString(8));
    }
    assert.match(
      asNobody('up', '--state-dir', state).stderr,
      /^hatchery: up: \S+ is not for uid 65534 \(EACCES\); run it with sudo, or as root$/m,
    );
    chownSync(state, 65_534, 65_534);
    chownSync(join(state, 'users'), 65_534, 65_534);
    const { stderr } = asNobody('user', 'remove', 'bo', '--state-dir', state);
    assert.match(
      stderr,
      /^hatchery: user: .* is not for uid 65534 \(EACCES\); run it with sudo, or as root\n$/,
    );
    assert.ok(existsSync(join(state, 'users/bo')));
  });
});
