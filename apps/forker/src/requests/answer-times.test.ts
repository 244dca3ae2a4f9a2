import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AnswerTimes } from './answer-times.ts';

describe('AnswerTimes', () => {
  it('tells the times of each kind of answer, within what a histogram rounds', () => {
    let nowMs = 1000;
    const times = new AnswerTimes(() => nowMs);
    for (nowMs = 1001; nowMs <= 1100; nowMs += 1) times.answered('refusal', 1000);
    const { refusal, hello } = times.summary;
    assert.equal(refusal.count, 100);
    for (const [is, wanted] of [
      [refusal.p50Ms, 50],
      [refusal.p99Ms, 99],
      [refusal.maxMs, 100],
    ] as const)
      assert.ok(Math.abs(is - wanted) < 0.2, `${is} for ${wanted}`);
    assert.deepEqual(hello, { count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  it('takes an answer that took no time', () => {
    const times = new AnswerTimes(() => 5);
    times.answered('hello', 5);
    assert.equal(times.summary.hello.count, 1);
  });
});
