import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memorySamplesPerTickMax } from '../limits.ts';
import { UsageSampler } from './sampler.ts';

const own = { id: 'own', pid: process.pid };

describe('UsageSampler', () => {
  it('reads a process whole, but no share of the CPU from a single sample', () => {
    const [sample] = new UsageSampler().sample([own], 0);
    assert.equal(sample?.id, 'own');
    assert.equal(sample.usage.cpuPercent, null);
    const { rssBytes, pssBytes, privateBytes, readBytes, minorFaults } = sample.usage;
    for (const value of [rssBytes, pssBytes, privateBytes, readBytes, minorFaults]) assert.ok((value ?? 0) > 0);
  });

  it('tells the share of one core since the sample before', () => {
    const sampler = new UsageSampler();
    sampler.sample([own], 1000);
    const until = process.cpuUsage().user + 100_000;
    while (process.cpuUsage().user < until);
    const [sample] = sampler.sample([own], 2000);
    // At least 90 ms of user time are 9 ticks in what it takes for one second.
    assert.ok((sample?.usage.cpuPercent ?? 0) >= 9);
  });

  it('tells no share when no time has passed', () => {
    const sampler = new UsageSampler();
    sampler.sample([own], 1000);
    assert.equal(sampler.sample([own], 1000)[0]?.usage.cpuPercent, null);
  });

  it('leaves out a process that is gone', () => {
    assert.deepEqual(new UsageSampler().sample([{ id: 'gone', pid: 4_194_400 }], 0), []);
  });

  it('remembers nothing of a child that is not sampled any more', () => {
    const sampler = new UsageSampler();
    sampler.sample([own], 1000);
    sampler.sample([], 2000);
    assert.equal(sampler.sample([own], 3000)[0]?.usage.cpuPercent, null);
  });

  it('goes on telling the last known memory of children whose turn it is not', () => {
    const sampler = new UsageSampler();
    const children = Array.from({ length: memorySamplesPerTickMax + 5 }, (_, index) => ({ ...own, id: `${index}` }));
    for (const nowMs of [1000, 2000, 3000]) {
      const samples = sampler.sample(children, nowMs);
      assert.equal(samples.length, children.length);
      assert.ok(samples.every(({ usage }) => usage.pssBytes !== null));
    }
  });
});
