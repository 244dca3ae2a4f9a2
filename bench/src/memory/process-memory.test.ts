import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRollup, readProcessMemory } from './process-memory.ts';

const rollup = `55d0c0a00000-7ffd0a5fe000 ---p 00000000 00:00 0                          [rollup]
Rss:               20000 kB
Pss:                5000 kB
Pss_Dirty:          4000 kB
Shared_Clean:       9000 kB
Shared_Dirty:      10000 kB
Private_Clean:       250 kB
Private_Dirty:       750 kB
`;

describe('the memory of a process', () => {
  it('counts as private what is its own, clean or dirty', () => {
    assert.deepEqual(parseRollup(rollup), { resident: 20.48, private: 1.024, proportional: 5.12 });
  });

  it('is never zero for lack of a line', () => {
    assert.throws(() => parseRollup(rollup.replace('Private_Dirty', 'Other')), /no Private_Dirty/);
  });

  it('is read for a living process', () => {
    const memory = readProcessMemory(process.pid);
    assert.ok(memory.private > 1 && memory.private <= memory.resident);
  });
});
