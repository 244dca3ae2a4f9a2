import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, shortDuration, stopwatch } from './duration.ts';
import { ending } from './ending.ts';
import { bytes, count, percent } from './quantity.ts';
import { visible } from './visible.ts';

const plain = (text: string): string => text.replaceAll('\u202f', ' ');

test('a length of time has at most two units', () => {
  const second = 1_000;
  const lengths = [
    -5,
    0,
    999,
    59.9 * second,
    60 * second,
    192 * second,
    3_599 * second,
    3_600 * second,
    7_500 * second,
    93_600 * second,
  ];
  assert.deepEqual(
    lengths.map((ms) => plain(duration(ms))),
    [
      '0 s',
      '0 s',
      '0 s',
      '59 s',
      '1 m 00 s',
      '3 m 12 s',
      '59 m 59 s',
      '1 h 00 m',
      '2 h 05 m',
      '1 d 02 h',
    ],
  );
});

test('a short length of time has a tenth', () => {
  assert.deepEqual(
    [-1, 0, 240, 9_949, 14_300].map((ms) => plain(shortDuration(ms))),
    ['0.0 s', '0.0 s', '0.2 s', '9.9 s', '14 s'],
  );
  assert.deepEqual([0, 131_000, 6_000_000].map(stopwatch), ['00:00', '02:11', '100:00']);
});

test('quantities have about three digits', () => {
  assert.deepEqual(
    [0, 999, 1_000, 14_575_206, 1_048_000, 5e12].map((value) => plain(bytes(value))),
    ['0 B', '999 B', '1.0 kB', '14.6 MB', '1.0 MB', '5.0 TB'],
  );
  assert.deepEqual(
    [0, 12.54, 99.96, 264.2].map((value) => plain(percent(value))),
    ['0.0 %', '12.5 %', '100 %', '264 %'],
  );
  assert.deepEqual(
    [0, 1_240, 9_999, 10_240, 2_500_000].map((value) => plain(count(value))),
    ['0', '1,240', '9,999', '10.2 k', '2.5 M'],
  );
});

test('what could not be read is a dash, never a zero', () => {
  assert.deepEqual([bytes(null), percent(null), count(undefined)], ['–', '–', '–']);
});

test('an unobserved ending is shown as unknown', () => {
  assert.equal(ending({ code: 3, signal: null, status: 768 }), 'exit 3');
  assert.equal(ending({ code: null, signal: 'SIGKILL', status: 9 }), 'SIGKILL');
  assert.equal(ending({ code: null, signal: null, status: null }), 'status unknown');
  assert.equal(ending(null), 'status unknown');
});

test('what a terminal or a browser would obey is written out', () => {
  assert.equal(visible('\ta\u001b[2J\u202eb\u0085'), '\ta\\x1b[2J\\u202eb\\x85');
});
