import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listSteps, select } from './plan.ts';

const projects = [
  { name: '@hatchery/protocol', directory: 'libs/protocol', hasTests: true },
  { name: '@hatchery/untested', directory: 'libs/untested', hasTests: false },
  { name: '@hatchery/tools', directory: 'tools', hasTests: true },
];
const steps = listSteps(projects, ['acceptance/push.test.ts', 'acceptance/stories/drain.test.ts']);

function chosen(...words: string[]): string[] {
  return select(steps, words).map(({ step, parts }) => [step.name, ...parts.map(({ name }) => name)].join(' '));
}

describe('select', () => {
  it('takes everything when nothing is named', () => {
    assert.equal(chosen().length, steps.length);
  });

  it('takes a whole step by its name', () => {
    assert.deepEqual(chosen('stories'), ['stories acceptance/stories/drain.test.ts']);
  });

  it('takes one project or one file of a step', () => {
    assert.deepEqual(chosen('protocol'), ['unit tests @hatchery/protocol']);
    assert.deepEqual(chosen('push'), ['acceptance acceptance/push.test.ts']);
  });

  it('takes the stories with the rest of what they are part of', () => {
    assert.deepEqual(chosen('acceptance'), [
      'acceptance acceptance/push.test.ts',
      'stories acceptance/stories/drain.test.ts',
    ]);
  });

  it('takes several names, in the order of the steps', () => {
    assert.deepEqual(chosen('push', 'lint'), ['lint', 'acceptance acceptance/push.test.ts']);
  });

  it('refuses a name that matches nothing, and says what there is', () => {
    assert.throws(() => chosen('lint', 'nosuch'), /^RangeError: nothing matches 'nosuch'; there are: format, /);
  });
});

describe('listSteps', () => {
  it('leaves out projects that say they have no tests', () => {
    assert.deepEqual(chosen('unit'), ['unit tests @hatchery/protocol']);
  });
});
