import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearest } from './nearest.ts';

const known = ['state_dir', 'ssh.listen', 'ssh.workers', 'log.level'];

describe('nearest', () => {
  it('finds a misspelling', () => {
    assert.equal(nearest('ssh.worker', known), 'ssh.workers');
    assert.equal(nearest('statedir', known), 'state_dir');
  });

  it('finds the same key in another table', () => {
    assert.equal(nearest('forker.level', known), 'log.level');
  });

  it('returns nothing rather than a distant match', () => {
    assert.equal(nearest('ssh.colour', known), null);
    assert.equal(nearest('', known), null);
  });
});
