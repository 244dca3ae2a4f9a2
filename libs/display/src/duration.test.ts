import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, duration, shortDuration } from './duration.ts';

const secondsOf = [-5, 0, 59, 60, 3_599, 3_600, 86_399, 86_400, 93_600];

test('an age has one unit, a duration two at most, and a clock that went back counts as nothing', () => {
  assert.deepEqual(
    secondsOf.map((seconds) => age(0, 1_000 * seconds)),
    ['0 s', '0 s', '59 s', '1 min', '59 min', '1 h', '23 h', '1 d', '1 d'],
  );
  assert.deepEqual(
    secondsOf.map((seconds) => duration(1_000 * seconds)),
    [
      '0 s',
      '0 s',
      '59 s',
      '1 m 00 s',
      '59 m 59 s',
      '1 h 00 m',
      '23 h 59 m',
      '1 d 00 h',
      '1 d 02 h',
    ],
  );
});

test('a space that does not break stands between number and unit alone', () => {
  assert.equal(duration(192_000, '\u202f'), '3\u202fm 12\u202fs');
  assert.equal(shortDuration(240, '\u202f'), '0.2\u202fs');
});
