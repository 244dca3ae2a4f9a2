import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import { describe, it } from 'node:test';
import { machineMemoryBytes, sessionMemoryDefault, userMemoryDefault } from './machine-memory.ts';

const gibibyte = 1024 ** 3;

describe('the default memory limits of sessions', () => {
  it('leave three quarters of the machine to all but one user', () => {
    assert.deepEqual(
      [1, 4, 8, 24, 128].map((gibibytes) => userMemoryDefault(gibibytes * gibibyte) / gibibyte),
      [0.5, 1, 2, 6, 32],
    );
  });

  it('give one session what its user has, and no more than 4 GiB', () => {
    assert.deepEqual(
      [1, 4, 8, 24, 128].map((gibibytes) => sessionMemoryDefault(gibibytes * gibibyte) / gibibyte),
      [0.5, 1, 2, 4, 4],
    );
  });

  it('follow from this machine, or from the control group that holds us', () => {
    assert.ok(machineMemoryBytes() > 0 && machineMemoryBytes() <= totalmem());
  });
});
