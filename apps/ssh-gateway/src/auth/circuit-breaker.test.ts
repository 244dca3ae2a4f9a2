import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CircuitBreaker } from './circuit-breaker.ts';

class Fixture {
  nowMs = 0;
  readonly breaker = new CircuitBreaker({ failuresMax: 3, openMs: 100, now: () => this.nowMs });

  fail(times: number): void {
    for (let time = 0; time < times; time++) {
      assert.equal(this.breaker.admits(), true);
      this.breaker.failed();
    }
  }
}

test('failures in a row open it; a success in between resets the count', () => {
  const { breaker } = new Fixture();
  for (let round = 0; round < 5; round++) {
    breaker.failed();
    breaker.failed();
    breaker.succeeded();
  }
  assert.equal(breaker.admits(), true);
});

test('while it is open no call is admitted; then one is, and its outcome decides', () => {
  const fixture = new Fixture();
  fixture.fail(3);
  assert.equal(fixture.breaker.admits(), false);
  fixture.nowMs = 99;
  assert.equal(fixture.breaker.admits(), false);
  fixture.nowMs = 100;
  assert.equal(fixture.breaker.admits(), true);
  assert.equal(fixture.breaker.admits(), false, 'one at a time');
  fixture.breaker.failed();
  assert.equal(fixture.breaker.admits(), false, 'one failure opens it again');
  fixture.nowMs = 200;
  assert.equal(fixture.breaker.admits(), true);
  fixture.breaker.succeeded();
  fixture.fail(2);
  assert.equal(fixture.breaker.admits(), true);
});
