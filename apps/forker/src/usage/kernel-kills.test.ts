import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { KernelKills, readKernelKills } from './kernel-kills.ts';

describe('KernelKills', () => {
  it('reports each kill once, and none from before', () => {
    let count = 7;
    const kills = new KernelKills(() => count);
    assert.equal(kills.takeOne(), false);
    count += 2;
    assert.deepEqual([kills.takeOne(), kills.takeOne(), kills.takeOne()], [true, true, false]);
  });

  it('reads the kernel’s counter, and nothing where there is none', () => {
    using scratch = temporaryDirectory();
    const path = join(scratch.path, 'vmstat');
    writeFileSync(path, 'nr_free_pages 1\noom_kill 12\noom_kill_more 3\n');
    assert.equal(readKernelKills(path), 12);
    writeFileSync(path, 'nr_free_pages 1\n');
    assert.equal(readKernelKills(path), 0);
    assert.equal(readKernelKills(join(scratch.path, 'none')), 0);
  });
});
