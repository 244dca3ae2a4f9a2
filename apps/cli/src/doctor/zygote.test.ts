import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ZygoteHealth, ZygoteTrouble } from '@hatchery/events';
import { describeStatus } from '../service/status.ts';
import { describeTrouble } from '../service/zygote-trouble.ts';
import { checkHealth } from './zygote.ts';

const starting: ZygoteHealth = { pid: null, readySince: null, isOff: false, trouble: null };
const serving: ZygoteHealth = { ...starting, pid: 7, readySince: '2026-01-01T00:00:00.000Z' };
const trouble: ZygoteTrouble = {
  step: 'importing breezy.foo',
  message: "ModuleNotFoundError: No module named 'breezy.foo' (exit 1)",
  stderr: [
    'Traceback (most recent call last):',
    "ModuleNotFoundError: No module named 'breezy.foo'",
  ],
  attempts: 3,
  failedAt: '2026-01-01T00:00:00.000Z',
  nextTryAt: '2026-01-01T00:00:05.000Z',
};

describe('a zygote that does not come up', () => {
  it('is explained with its step, stderr, attempts, the next try and a remedy', () => {
    const check = checkHealth({ ...starting, trouble }, ['/x/preload.json']);
    for (const part of [
      'it failed while importing breezy.foo: ModuleNotFoundError',
      'tried 3 times, next at 2026-01-01T00:00:05.000Z',
      'no session can be forked until it does',
      'rm -f /x/preload.json && hatchery restart',
      'its stderr: Traceback (most recent call last): | ModuleNotFoundError',
    ])
      assert.ok(check.trouble?.includes(part), `${part} in ${check.trouble}`);
  });

  it('while an older one serves says which', () => {
    const check = checkHealth({ ...serving, trouble: { ...trouble, attempts: 1 } }, []);
    assert.match(
      check.trouble ?? '',
      /^a newer one failed while .*\(tried once, .*the one before \(pid 7\) serves on/,
    );
  });

  it('is told from one that is well, and each cause has its own remedy', () => {
    assert.equal(checkHealth(serving, []).trouble, null);
    assert.equal(describeTrouble(starting), null);
    const remedyOf = (part: Partial<ZygoteTrouble>): string =>
      checkHealth({ ...starting, trouble: { ...trouble, stderr: [], ...part } }, []).trouble ?? '';
    assert.match(
      remedyOf({ message: "No module named 'breezy'" }),
      /apt-get install .*it said nothing on stderr$/,
    );
    assert.match(remedyOf({ step: 'serving', message: 'it died 5 times' }), /out-of-memory/);
    assert.match(remedyOf({ message: 'MemoryError' }), /tried again by itself/);
  });

  it('does not look like one that serves, nor the other way round', () => {
    const parts = [
      {
        name: 'zygote',
        pid: 7,
        state: 'ready',
        readySince: null,
        lastError: 'a newer one failed while x: y',
        nextTryAt: null,
      },
    ] as const;
    const text = describeStatus({
      parts,
      oldParts: [],
      children: [],
      locks: [],
      draining: false,
      drainDeadline: null,
      readOnly: null,
      confinement: null,
      leftovers: null,
      version: '1',
    });
    assert.match(text, /^zygote {2}ready {2}7 +- +a newer one failed while x: y$/m);
  });
});
