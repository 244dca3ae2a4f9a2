import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  memorySamplesPerRoundMax,
  sampleIntervalMs,
  sampleShareMax,
  sampleStepMs,
} from '../limits.ts';
import { UsageSampler, type Sample, type Sampled } from './sampler.ts';

const own = { id: 'own', pid: process.pid };

/** A clock set by the test. */
class SteppingClock {
  nowMs = 1000;
  readonly read = (): number => this.nowMs;
}

/** The samples up to the next round. */
function round(
  sampler: UsageSampler,
  clock: SteppingClock,
  children: readonly Sampled[],
): Sample[] {
  const samples = sampler.step(() => children);
  for (let waited = 0; waited < sampleIntervalMs; waited += sampleStepMs) {
    clock.nowMs += sampleStepMs;
    if (waited + sampleStepMs < sampleIntervalMs) samples.push(...sampler.step(() => children));
  }
  return samples;
}

describe('UsageSampler', () => {
  it('reads a process in full, but no share of the CPU from a single sample', () => {
    const clock = new SteppingClock();
    const [sample] = round(new UsageSampler(clock.read), clock, [own]);
    assert.equal(sample?.id, 'own');
    assert.equal(sample.usage.cpuPercent, null);
    const { rssBytes, pssBytes, privateBytes, readBytes, minorFaults } = sample.usage;
    for (const value of [rssBytes, pssBytes, privateBytes, readBytes, minorFaults])
      assert.ok((value ?? 0) > 0);
  });

  it('gives the share of one core since the previous sample', () => {
    const clock = new SteppingClock();
    const sampler = new UsageSampler(clock.read);
    round(sampler, clock, [own]);
    const until = process.cpuUsage().user + 100_000;
    while (process.cpuUsage().user < until);
    const [sample] = round(sampler, clock, [own]);
    // At least 90 ms of user time are 9 ticks, in what counts as one second.
    assert.ok((sample?.usage.cpuPercent ?? 0) >= 9);
  });

  it('samples each child once a round, and a round is a second', () => {
    const clock = new SteppingClock();
    const sampler = new UsageSampler(clock.read);
    const children = [1, 2, 3].map((number) => ({ ...own, id: `${number}` }));
    for (const _ of [1, 2]) {
      assert.deepEqual(
        round(sampler, clock, children).map(({ id }) => id),
        ['1', '2', '3'],
      );
    }
    assert.equal(sampler.cost.roundMs, sampleIntervalMs);
  });

  it('uses at most its share of a core, whatever the number of children: rounds take longer instead', () => {
    const sampleMs = 0.5;
    const clock = new SteppingClock();
    let cpuMs = 0;
    const sampler = new UsageSampler(clock.read, () => (cpuMs += sampleMs));
    const children = Array.from({ length: 200 }, (_, index) => ({ ...own, id: `${index}` }));
    const startedMs = clock.nowMs;
    let sampled = 0;
    for (let steps = 0; steps < 400; steps += 1) {
      sampled += sampler.step(() => children).length;
      clock.nowMs += sampleStepMs;
    }
    const elapsedMs = clock.nowMs - startedMs;
    // The next steps pay for one child too many at the end of a step.
    assert.ok(
      sampler.cost.spentMs <= sampleShareMax * elapsedMs + 2 * sampleMs,
      `${sampler.cost.spentMs} of ${elapsedMs} ms`,
    );
    assert.ok((sampler.cost.roundMs ?? 0) > sampleIntervalMs);
    assert.ok(sampled > children.length, 'every child was sampled');
  });

  it('leaves out a process that is gone', () => {
    const clock = new SteppingClock();
    assert.deepEqual(
      round(new UsageSampler(clock.read), clock, [{ id: 'gone', pid: 4_194_400 }]),
      [],
    );
  });

  it('forgets a child that is no longer sampled', () => {
    const clock = new SteppingClock();
    const sampler = new UsageSampler(clock.read);
    for (const children of [[own], []]) round(sampler, clock, children);
    assert.equal(round(sampler, clock, [own])[0]?.usage.cpuPercent, null);
  });

  it('reads the memory of some in each round, in rotation, and repeats the last values for the others', () => {
    const clock = new SteppingClock();
    // The cost of reading does not matter here.
    const sampler = new UsageSampler(clock.read, () => 0);
    const count = 2 * memorySamplesPerRoundMax;
    const children = Array.from({ length: count }, (_, index) => ({ ...own, id: `${index}` }));
    const known = [1, 2, 3].map(() => {
      const samples = round(sampler, clock, children);
      assert.equal(samples.length, count);
      return samples.filter(({ usage }) => usage.pssBytes !== null && usage.privateBytes !== null)
        .length;
    });
    assert.deepEqual(known, [memorySamplesPerRoundMax, count, count]);
  });
});
