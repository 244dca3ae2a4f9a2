import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { keeperLookMs, keeperLooksMax } from '../limits.ts';
import { KeeperPulse } from './keeper-pulse.ts';

/** A pulse on a clock of the test, and what came of it. */
function newPulse(t: TestContext): {
  pulse: KeeperPulse;
  asked: () => number;
  told: boolean[];
  look: () => void;
} {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let asked = 0;
  const told: boolean[] = [];
  const pulse = new KeeperPulse(
    () => (asked += 1),
    (isSilent) => told.push(isSilent),
  );
  pulse.begin();
  return { pulse, asked: () => asked, told, look: () => t.mock.timers.tick(keeperLookMs) };
}

describe('KeeperPulse', () => {
  it('asks one that answers again and again', (t) => {
    const { pulse, asked, told, look } = newPulse(t);
    for (let looks = 0; looks < 3 * keeperLooksMax; looks += 1) {
      look();
      pulse.heard();
    }
    assert.deepEqual([asked(), told], [3 * keeperLooksMax, []]);
  });

  it('tells once that it is silent, having asked once, and once that it speaks again', (t) => {
    const { pulse, asked, told, look } = newPulse(t);
    for (let looks = 0; looks < 2 * keeperLooksMax; looks += 1) look();
    assert.deepEqual([asked(), told, pulse.isSilent], [1, [true], true]);
    pulse.heard();
    pulse.heard();
    assert.deepEqual([told, pulse.isSilent], [[true, false], false]);
  });

  it('does not call one silent that answers at the last look', (t) => {
    const { pulse, told, look } = newPulse(t);
    for (let looks = 1; looks < keeperLooksMax; looks += 1) look();
    pulse.heard();
    look();
    assert.deepEqual(told, []);
  });

  it('waits for nothing any more when it is over', (t) => {
    const { pulse, asked, told, look } = newPulse(t);
    for (let looks = 0; looks < keeperLooksMax; looks += 1) look();
    pulse[Symbol.dispose]();
    for (let looks = 0; looks < keeperLooksMax; looks += 1) look();
    assert.deepEqual([asked(), told, pulse.isSilent], [1, [true], false]);
  });
});
