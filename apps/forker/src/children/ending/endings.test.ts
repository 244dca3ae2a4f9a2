import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endingsKeptMax } from '../../limits.ts';
import { Endings } from './endings.ts';
import { outOfMemoryCause } from './limit-cause.ts';

describe('Endings', () => {
  it('tells the cause, and a line for the user of a session that met a limit', () => {
    const endings = new Endings();
    endings.add('a', 'finished');
    endings.add('b', outOfMemoryCause);
    assert.deepEqual(endings.of('a'), { cause: 'finished', line: null });
    assert.match(endings.of('b')?.line ?? '', /ran out of memory/);
    assert.equal(endings.of('c'), null);
  });

  it('forgets the oldest', () => {
    const endings = new Endings();
    for (let number = 0; number <= endingsKeptMax; number += 1)
      endings.add(`${number}`, 'finished');
    assert.equal(endings.of('0'), null);
    assert.notEqual(endings.of('1'), null);
  });
});
