import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusalFor, type Load } from './admission.ts';

const limits = { childrenMax: 10, childrenPerUserMax: 3 };
const idle: Load = { draining: false, children: 0, childrenOfUser: 0, user: 'alice' };

describe('refusalFor', () => {
  it('admits up to each limit', () => {
    assert.equal(refusalFor(idle, limits), null);
    assert.equal(refusalFor({ ...idle, children: 9, childrenOfUser: 2 }, limits), null);
  });

  it('admits nobody while the service drains', () => {
    assert.match(refusalFor({ ...idle, draining: true }, limits) ?? '', /draining: try again/);
  });

  it('names the limit that is reached, its key, and how many there are', () => {
    const full = refusalFor({ ...idle, children: 10 }, limits);
    assert.equal(full, 'the service is full: 10 of 10 sessions are in use (max_children); try again in a minute');
    assert.match(
      refusalFor({ ...idle, childrenOfUser: 3 }, limits) ?? '',
      /^alice has 3 of 3 .*\(max_children_per_user\)/,
    );
  });

  it('counts nobody together with others who gave no name', () => {
    assert.equal(refusalFor({ ...idle, user: null, childrenOfUser: 9 }, limits), null);
  });
});
