import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mebibytes, megabytes, size } from './size.ts';

test('a size has three digits at most and a decimal unit', () => {
  const sizes = [0, 12, 999, 1_000, 1_048_000, 14_575_206, 99_960_000, 999_500_000, 5e12, 7e15];
  assert.deepEqual(
    sizes.map((bytes) => size(bytes)),
    [
      '0 B',
      '12 B',
      '999 B',
      '1.0 kB',
      '1.0 MB',
      '14.6 MB',
      '100 MB',
      '1.0 GB',
      '5.0 TB',
      '7000 TB',
    ],
  );
  assert.equal(size(1_000, '\u202f'), '1.0\u202fkB');
});

test('a limit of memory is told in the unit that it is set in', () => {
  assert.deepEqual([64 * 1024 ** 2, 3.2 * 1024 ** 3].map(mebibytes), ['64 MiB', '3277 MiB']);
});

test('what stands beside its limit has the unit of the limit', () => {
  assert.deepEqual([0, 1e6, 73.4e9].map(megabytes), ['0 MB', '1 MB', '73400 MB']);
});
