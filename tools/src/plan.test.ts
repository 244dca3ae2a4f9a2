import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listSteps, select } from './plan.ts';

const projects = [
  {
    name: '@hatchery/locks',
    directory: 'libs/locks',
    testScripts: [{ name: 'test', line: 'test locks' }],
    isPure: true,
    testFiles: 1,
  },
  {
    name: '@hatchery/protocol',
    directory: 'libs/protocol',
    testScripts: [{ name: 'test', line: 'test protocol' }],
    isPure: true,
    testFiles: 9,
  },
  {
    name: '@hatchery/untested',
    directory: 'libs/untested',
    testScripts: [],
    isPure: false,
    testFiles: 0,
  },
  {
    name: '@hatchery/tools',
    directory: 'tools',
    testScripts: [{ name: 'test', line: 'test tools' }],
    isPure: false,
    testFiles: 2,
  },
];
const steps = listSteps(projects, ['acceptance/push.test.ts', 'acceptance/stories/drain.test.ts']);

function chosen(...words: string[]): string[] {
  return select(steps, words).map(({ step, parts }) =>
    [step.name, ...parts.map(({ name }) => name)].join(' '),
  );
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
    assert.throws(
      () => chosen('lint', 'nosuch'),
      /^RangeError: nothing matches 'nosuch'; there are: format, /,
    );
  });
});

describe('listSteps', () => {
  const jobs = (word: string): string[] =>
    select(steps, [word]).flatMap(({ step, parts }) =>
      step.jobs(parts).map(({ argv, directory }) => `${directory}: ${argv.join(' ')}`),
    );

  it('leaves out projects that say they have no tests', () => {
    assert.deepEqual(chosen('unit'), ['unit tests @hatchery/locks @hatchery/protocol']);
  });

  it('runs the test script of each project in its directory, the one with the most files first', () => {
    assert.deepEqual(jobs('unit'), [
      'libs/protocol: sh -c test protocol',
      'libs/locks: sh -c test locks',
    ]);
    assert.deepEqual(jobs('locks'), ['libs/locks: sh -c test locks']);
  });

  it('runs each test script of a project as a job of its own', () => {
    const testScripts = [
      { name: 'test', line: 'test forker' },
      { name: 'service-test', line: 'test service' },
    ];
    const [units] = select(
      listSteps(
        [{ name: 'forker', directory: 'forker', testScripts, isPure: false, testFiles: 2 }],
        [],
      ),
      ['unit'],
    );
    assert.deepEqual(
      units?.step.jobs(units.parts).map(({ name, argv }) => [name, argv[2]]),
      [
        ['forker', 'test forker'],
        ['forker service-test', 'test service'],
      ],
    );
  });

  it('compiles each project that may not know Node by itself', () => {
    assert.deepEqual(jobs('typecheck'), [
      '.: node node_modules/typescript-native/bin/tsc -p .',
      '.: node node_modules/typescript-native/bin/tsc -p apps/dashboard/web/tsconfig.test.json',
      '.: node node_modules/typescript-native/bin/tsc -p libs/locks',
      '.: node node_modules/typescript-native/bin/tsc -p libs/protocol',
    ]);
  });

  it('runs each file of the acceptance tests by itself', () => {
    assert.deepEqual(jobs('acceptance'), [
      '.: node --test --test-timeout=300000 acceptance/push.test.ts',
      '.: node --test --test-timeout=300000 acceptance/stories/drain.test.ts',
    ]);
  });
});
