import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { proveSafeProgram } from './safe-program.ts';

/** A program two directories down, which `change` may make unsafe. */
function withProgram(
  change: (program: string) => void,
  use: (program: string, directory: string) => void,
): void {
  using directory = temporaryDirectory();
  const program = join(directory.path, 'bin', 'keys-of');
  mkdirSync(dirname(program));
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  change(program);
  use(program, directory.path);
}

test('a program that its owner alone may write or replace is safe, below a sticky directory too', () => {
  withProgram(
    () => {},
    (program) => assert.doesNotThrow(() => proveSafeProgram(program)),
  );
  withProgram(
    (program) => chmodSync(dirname(program), 0o1777),
    (program) => assert.doesNotThrow(() => proveSafeProgram(program)),
  );
});

for (const [what, change, message] of [
  [
    'that its group may write',
    (program: string) => chmodSync(program, 0o775),
    /^it may be written/,
  ],
  [
    'that its group may replace',
    (program: string) => chmodSync(dirname(program), 0o775),
    /\/bin may be written/,
  ],
  [
    'whose directory anybody may replace',
    (program: string) => chmodSync(dirname(dirname(program)), 0o777),
    / may be written by its group or anybody$/,
  ],
  ['that cannot be run', (program: string) => chmodSync(program, 0o644), /EACCES/],
] as const)
  test(`a program ${what} is refused`, () => {
    withProgram(change, (program) => assert.throws(() => proveSafeProgram(program), { message }));
  });

test('what a link leads to counts', () => {
  withProgram(
    (program) => chmodSync(dirname(program), 0o777),
    (program, directory) => {
      const link = join(directory, 'link');
      symlinkSync(program, link);
      assert.throws(() => proveSafeProgram(link), /\/bin may be written/);
    },
  );
});

test(
  'a program of somebody else is refused',
  { skip: process.getuid?.() !== 0 && 'only root has files of others' },
  () => {
    withProgram(
      (program) => chownSync(program, 12_345, 0),
      (program) => {
        assert.throws(
          () => proveSafeProgram(program),
          /^Error: it belongs to neither root nor the gateway's user$/,
        );
        assert.doesNotThrow(() => proveSafeProgram(program, 12_345));
      },
    );
  },
);
