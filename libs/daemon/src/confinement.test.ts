import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { confinementOf } from './confinement.ts';

/** A Python that says these words, as the real one says what a kernel lacks. */
function pythonThatSays(directory: string, script: string): string {
  const path = join(directory, 'python');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('what sessions lack', () => {
  const own = { account: null, reason: 'the service may not change users' } as const;
  const ofUser = { account: { name: 'hosting', uid: 7, gid: 7 }, reason: null } as const;

  it('is told of this machine by the code that confines them', () => {
    for (const lack of confinementOf(ofUser).lacks)
      assert.match(lack, /^Landlock|^the seccomp filter/);
  });

  it('names why there is no account of their own, and what the kernel has not', () => {
    using directory = temporaryDirectory();
    const python = pythonThatSays(directory.path, `echo '["Landlock (none)"]'`);
    assert.deepEqual(confinementOf(own, python), {
      user: null,
      lacks: [
        'an account of their own, and run as the user of the service: the service may not change users',
        'Landlock (none)',
      ],
    });
    assert.deepEqual(confinementOf(ofUser, python), {
      user: 'hosting',
      lacks: ['Landlock (none)'],
    });
  });

  it('is everything where that code does not run', () => {
    using directory = temporaryDirectory();
    const python = pythonThatSays(directory.path, 'exit 1');
    assert.match(
      confinementOf(ofUser, python).lacks.join(),
      /restrictions\.py would take .* does not run/,
    );
  });
});
