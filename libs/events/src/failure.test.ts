import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { failureKinds, failureOfStatus, failureStatus, failureWords, isOurs } from './failure.ts';

test('the statuses are those that sessions end with, in the same order of gravity', () => {
  const python = readFileSync(
    new URL('../../../apps/forker/zygote/failures.py', import.meta.url),
    'utf8',
  );
  const table = /^STATUS = \{\n([^}]*)\}/m.exec(python)?.[1] ?? '';
  const entries = [...table.matchAll(/"([a-z-]+)": (\d+),/g)].map(([, kind, status]) => [
    kind,
    Number(status),
  ]);
  assert.deepEqual(entries, Object.entries(failureStatus));
});

test('a status is of one kind, and that of no other program end is of none', () => {
  for (const kind of failureKinds) assert.equal(failureOfStatus(failureStatus[kind]), kind);
  for (const status of [0, 1, 3, 130, 255, 'SIGKILL', null])
    assert.equal(failureOfStatus(status), null);
});

test('what is refused is no alarm for the operator, what fails is', () => {
  for (const kind of failureKinds)
    assert.equal(/^failed: /.test(failureWords(kind)), isOurs(kind), kind);
});
