import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Job, Step } from './plan.ts';
import { inTurn, startSteps } from './start-steps.ts';

const root = mkdtempSync(join(tmpdir(), 'hatchery tools '));
after(() => rmSync(root, { recursive: true }));

function job(script: string): Job {
  return { name: script, argv: ['sh', '-c', script], directory: '.', timeoutS: 20 };
}

function step(name: string, ...scripts: string[]): { step: Step; parts: [] } {
  return { step: { name, counting: 'check', parts: [], jobs: () => scripts.map(job) }, parts: [] };
}

describe('inTurn', () => {
  it('takes one job of each step after the other, and the rest of the longest', () => {
    const steps = [{ jobs: ['a1', 'a2', 'a3'].map(job) }, { jobs: [] }, { jobs: ['b1'].map(job) }];
    assert.deepEqual(
      inTurn(steps).map(({ job: { name } }) => name),
      ['a1', 'b1', 'a2', 'a3'],
    );
    assert.deepEqual(inTurn([]), []);
  });
});

describe('startSteps', () => {
  it('runs steps beside each other, and gives what failed printed, whole and in the order of the jobs', async () => {
    const chosen = [
      step(
        'one',
        `until [ -e '${root}/go' ]; do sleep 0.01; done; echo a; exit 1`,
        'echo of no interest',
        'echo b; exit 1',
      ),
      step('other', `touch '${root}/go'; echo c; exit 1`),
    ];
    const started = startSteps(root, chosen, new AbortController().signal);
    const results = await Promise.all(started.map(({ result }) => result));
    assert.deepEqual(
      started.map(({ step: { name } }, index) => [name, results[index]?.output]),
      [
        ['one', 'a\nb\n'],
        ['other', 'c\n'],
      ],
    );
  });

  it('counts each job of a step', async () => {
    const [started] = startSteps(
      root,
      [step('mixed', 'true', 'exit 3', 'true')],
      new AbortController().signal,
    );
    const result = await started?.result;
    assert.deepEqual(result?.counts, { passed: 2, failed: 1, skipped: 0 });
    assert.deepEqual(result?.failures, [{ file: '', name: 'exit 3', message: 'exit 3' }]);
  });

  it('counts a step without a job as a failure', async () => {
    const [started] = startSteps(root, [step('empty')], new AbortController().signal);
    assert.equal((await started?.result)?.counts.failed, 1);
  });

  it('starts nothing after an abort, and does not call it passed', async () => {
    const stop = new AbortController();
    stop.abort();
    const [started] = startSteps(root, [step('late', 'true')], stop.signal);
    assert.deepEqual((await started?.result)?.failures, [
      { file: '', name: 'true', message: 'not started' },
    ]);
  });
});
