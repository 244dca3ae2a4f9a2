import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { overBudget, suspects, type SessionMemory } from './user-memory.ts';

function sessions(user: string | null, ...bytes: number[]): SessionMemory[] {
  return bytes.map((own, index) => ({ id: `${user}${index}`, user, bytes: own }));
}

function ended(all: readonly SessionMemory[], budget: number): string[] {
  return overBudget(all, budget).map(({ id }) => id);
}

describe('overBudget', () => {
  it('ends no session of a user within the budget, or exactly at it', () => {
    assert.deepEqual(ended([...sessions('alice', 50, 50), ...sessions('bob', 99)], 100), []);
  });

  it('ends the largest session of a user over it, and no other', () => {
    assert.deepEqual(ended([...sessions('alice', 10, 80, 20), ...sessions('bob', 90)], 100), [
      'alice1',
    ]);
  });

  it('ends as many as necessary, and no more', () => {
    assert.deepEqual(ended(sessions('alice', 60, 70, 80, 10), 100), ['alice2', 'alice1']);
    assert.deepEqual(ended(sessions('alice', 300), 100), ['alice0']);
  });

  it('gives the user’s total', () => {
    assert.deepEqual(overBudget(sessions('alice', 60, 70), 100), [
      { id: 'alice1', user: 'alice', userBytes: 130, sessions: 2 },
    ]);
  });

  it('0 means no budget, and sessions without a user have none', () => {
    assert.deepEqual(ended(sessions('alice', 1e12), 0), []);
    assert.deepEqual(ended(sessions(null, 90, 90), 100), []);
  });
});

describe('suspects', () => {
  it('names users who may be over the budget', () => {
    const bounds = [...sessions('alice', 60, 60), ...sessions('bob', 100), ...sessions(null, 500)];
    assert.deepEqual([...suspects(bounds, 100)], ['alice']);
    assert.deepEqual([...suspects(bounds, 0)], []);
  });
});
