import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '@hatchery/config';
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
  const config = loadConfig({ directory: '/checkout' });
  const ofUser = { ...config, forker: { ...config.forker, runAs: 'hosting' } };

  it('is told of this machine by the code that confines them', () => {
    for (const lack of confinementOf(ofUser).lacks) assert.match(lack, /^Landlock|^the seccomp filter/);
  });

  it('names the key for a user of their own, and what the kernel has not', () => {
    using directory = temporaryDirectory();
    const python = pythonThatSays(directory.path, `echo '["Landlock (none)"]'`);
    assert.match(confinementOf(config, python).lacks.join('\n'), /run_as\nLandlock \(none\)$/);
    assert.deepEqual(confinementOf(ofUser, python), { user: 'hosting', lacks: ['Landlock (none)'] });
  });

  it('is everything where that code does not run', () => {
    using directory = temporaryDirectory();
    const python = pythonThatSays(directory.path, 'exit 1');
    assert.match(confinementOf(ofUser, python).lacks.join(), /restrictions\.py would take .* does not run/);
  });
});
