import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { turnoverEndingsMax, turnoverWindowMs } from '../../limits.ts';
import { Turnover } from './turnover.ts';

describe('Turnover', () => {
  it('expects nothing when nothing ends', () => {
    assert.equal(new Turnover().expectedWaitMs(1, 0), Infinity);
  });

  it('expects places to come free at the pace of late, for each place of the queue', () => {
    const turnover = new Turnover();
    for (const at of [1000, 2000, 3000, 4000, 5000]) turnover.ended(at);
    assert.equal(turnover.expectedWaitMs(1, 6000), 2000);
    assert.equal(turnover.expectedWaitMs(3, 6000), 6000);
  });

  it('forgets what is long ago', () => {
    const turnover = new Turnover();
    turnover.ended(0);
    assert.equal(turnover.expectedWaitMs(1, turnoverWindowMs - 1), turnoverWindowMs);
    assert.equal(turnover.expectedWaitMs(1, turnoverWindowMs), Infinity);
  });

  it('takes the pace of a busy service from the last endings alone', () => {
    const turnover = new Turnover();
    for (let at = 1; at <= 10 * turnoverEndingsMax; at += 1) turnover.ended(at);
    const expected = turnover.expectedWaitMs(turnoverEndingsMax, 10 * turnoverEndingsMax);
    assert.ok(Math.abs(expected - turnoverEndingsMax) <= 1);
  });
});
