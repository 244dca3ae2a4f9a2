import assert from 'node:assert/strict';
import { test } from 'node:test';
import { descriptorNeed, proveDescriptors } from './descriptors.ts';

const limits = (hard: string): string =>
  `Limit  Soft Limit  Hard Limit  Units\nMax open files   64   ${hard}   files\n`;

test('the hard limit is held against what the sessions need', () => {
  assert.deepEqual(descriptorNeed(100, limits('628')), {
    allowed: 628,
    needed: 628,
    trouble: null,
  });
  assert.equal(descriptorNeed(100, limits('unlimited')).trouble, null);
  const { allowed, trouble } = descriptorNeed(100, limits('627'));
  assert.equal(allowed, 627);
  assert.match(trouble ?? '', /ulimit -Hn, LimitNOFILE= .* lower max_children/);
});

test('a start that cannot serve what is configured says what is allowed, what is needed and what to do', () => {
  proveDescriptors(1);
  assert.throws(() => proveDescriptors(100_000_000), {
    name: 'StartError',
    message:
      /^\d+ open files are allowed and 100000000 sessions need 500000128: raise it \(ulimit -Hn,/,
  });
});
