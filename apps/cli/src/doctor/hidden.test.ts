import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@hatchery/testkit';
import type { Check } from './check.ts';
import { withoutHidden } from './hidden.ts';

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A command run by an unrelated user. */
function asNobody(...words: readonly string[]): string {
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
  return spawnSync('setpriv', argv, { cwd: '/', encoding: 'utf8', env }).stdout;
}

const canAsk = process.getuid?.() === 0 && asNobody('help').startsWith('hatchery serves');
const skip = canAsk ? false : 'needs root, and a checkout readable by all';

describe('hatchery doctor of another user than the service’s', () => {
  it('reports what it may not read as unknown, in one line, and checks everything else', () => {
    const well = { what: 'a', trouble: null };
    const lost = { what: 'b', trouble: 'it is gone; put it back' };
    const hidden = [
      'uid 7 may not read it (EACCES); chown it',
      'x is not for this user; run it with sudo',
    ];
    const all: Check[] = [
      well,
      ...hidden.map((trouble, index) => ({ what: `h${index}`, trouble })),
      lost,
    ];
    assert.deepEqual(withoutHidden(all, null), all);
    assert.deepEqual(withoutHidden([well, lost], 'root'), [well, lost]);
    const why = `cannot be looked at as uid ${process.geteuid?.()}; run doctor as the service's user (root)`;
    assert.deepEqual(withoutHidden(all, 'root'), [
      well,
      lost,
      { what: 'h0, h1', trouble: null, unknown: why },
    ]);
  });

  it('advises no repair for what it may not read', { skip }, () => {
    using directory = temporaryDirectory();
    const state = join(directory.path, 'state');
    chmodSync(directory.path, 0o755);
    for (const name of ['run', 'parts', 'users/bo', 'hosting'])
      mkdirSync(join(state, name), { recursive: true });
    for (const name of ['run', 'parts', 'users/bo']) chmodSync(join(state, name), 0o700);
    writeFileSync(join(state, 'ssh_host_ed25519_key'), 'a key', { mode: 0o600 });
    for (const mode of [0o711, 0o700]) {
      chmodSync(state, mode);
      const lines = asNobody('doctor', '--state-dir', state).split('\n');
      const unknown = lines.filter((line) => line.startsWith('unknown'));
      assert.equal(unknown.length, 1, lines.join('\n'));
      assert.match(
        unknown[0] ?? '',
        /state directory .*host key .*forker\.sock.*: cannot be looked at as uid 65534; run doctor as the service's user \(root\)$/,
      );
      assert.doesNotMatch(lines.join('\n'), new RegExp(`^TROUBLE.*${state}`, 'm'));
    }
  });

  it('still advises what to give to the service’s own user', { skip }, () => {
    using directory = temporaryDirectory();
    const state = join(directory.path, 'state');
    chmodSync(directory.path, 0o755);
    mkdirSync(state, { mode: 0o755 });
    assert.match(
      asNobody('doctor', '--state-dir', state),
      /^TROUBLE +state directory .* is not writable for uid 65534 \(EACCES\); chown it$/m,
    );
    chownSync(state, 65534, 65534);
    mkdirSync(join(state, 'users'));
    writeFileSync(join(state, 'ssh_host_ed25519_key'), 'a key', { mode: 0o600 });
    const found = asNobody('doctor', '--state-dir', state);
    assert.match(
      found,
      /^TROUBLE +host key .*: uid 65534 may not read it \(EACCES\); chown or chmod it$/m,
    );
    assert.doesNotMatch(found, /^unknown/m);
  });
});
