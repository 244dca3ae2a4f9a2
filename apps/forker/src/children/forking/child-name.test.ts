import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isChildId } from '@hatchery/protocol';
import { expiryOf, newChildName } from './child-name.ts';

const now = new Date('2026-01-01T00:00:00Z');

describe('newChildName', () => {
  it('makes an id of the protocol, another one each time', () => {
    const names = Array.from({ length: 100 }, () => newChildName('/run/hatchery', now, 120));
    assert.ok(names.every(isChildId));
    assert.equal(new Set(names).size, 100);
  });

  it('makes names of one owner, and of no other', () => {
    const [owner, other] = ['/run/a', '/run/b'].map(
      (directory) => newChildName(directory, now, 120).split('-')[0],
    );
    assert.notEqual(owner, other);
    assert.equal(newChildName('/run/a', now, 120).split('-')[0], owner);
  });
});

describe('expiryOf', () => {
  it('reads when a name expires: an hour after its child has stopped waiting for its client', () => {
    assert.deepEqual(
      expiryOf(newChildName('/run/a', now, 120), '/run/a'),
      new Date('2026-01-01T01:02:00Z'),
    );
    assert.deepEqual(
      expiryOf(newChildName('/run/a', now, 604_800), '/run/a'),
      new Date('2026-01-08T01:00:00Z'),
    );
  });

  it('reads nothing from the name of another service, or from no name of ours', () => {
    assert.equal(expiryOf(newChildName('/run/b', now, 120), '/run/a'), null);
    for (const name of ['', 'x', 'abcdef', 'abcdef-1-2', `${newChildName('/run/a', now, 120)}x`]) {
      assert.equal(expiryOf(name, '/run/a'), null, name);
    }
  });
});
