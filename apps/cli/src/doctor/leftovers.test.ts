import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sumLeftovers, type Leftover } from '@hatchery/events';
import { describeCheck } from './leftovers.ts';

const nowMs = Date.parse('2026-01-02T12:00:00Z');

function leftover(owner: string, bytes: number, changedAt: string): Leftover {
  return {
    path: `/srv/${owner}/x`,
    kind: 'upload',
    owner,
    branch: `${owner}/x`,
    bytes,
    changedAt,
    keptFor: null,
  };
}

describe('what killed sessions left', () => {
  it('is reported with owners, size and age, and is no trouble while it is collected automatically', () => {
    const found = [
      leftover('~bob', 1_000_000, '2026-01-02T11:30:00Z'),
      leftover('~anna', 72_000_000, '2026-01-02T10:00:00Z'),
      ...['~c', '~d'].map((owner) => leftover(owner, 1, '2026-01-02T11:00:00Z')),
    ];
    assert.deepEqual(describeCheck(sumLeftovers(found, '2026-01-02T12:00:00Z'), nowMs), {
      what: 'left by killed sessions: 4 with 73.0 MB of ~anna, ~bob, ~c and 1 more, the oldest since 2026-01-02T10:00:00Z, as of 2026-01-02T12:00:00Z',
      trouble: null,
    });
  });

  it('is a trouble when it is still there after a day', () => {
    const sum = sumLeftovers([leftover('~bob', 1, '2026-01-01T11:59:59Z')], '2026-01-02T12:00:00Z');
    assert.match(
      describeCheck(sum, nowMs).trouble ?? '',
      /^hatchery leftovers says what keeps each of them$/,
    );
  });

  it('is unknown before the first search, which is not the same as none', () => {
    assert.match(describeCheck(null, nowMs).what, /not looked for yet/);
    assert.match(
      describeCheck(sumLeftovers([], '2026-01-02T12:00:00Z'), nowMs).what,
      /none at 2026-01-02T12:00:00Z$/,
    );
  });
});
