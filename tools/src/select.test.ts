import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Target } from './nx/target.ts';
import { nxRuns, select, stepsOf } from './select.ts';

function target(project: string, name: string, step: string, ...parts: string[]): Target {
  const command = {
    counting: 'check',
    argv: ['true'],
    directory: '.',
    timeoutS: 1,
    inputs: [],
  } as const;
  return { project, target: name, step, parts, ...command };
}

const all = [
  target('@hatchery/locks', 'test', 'unit tests', '@hatchery/locks', 'libs/locks'),
  target('@hatchery/protocol', 'test', 'unit tests', '@hatchery/protocol', 'libs/protocol'),
  target('@hatchery/protocol', 'typecheck', 'typecheck'),
  target(
    '@hatchery/acceptance',
    'acceptance--push',
    'acceptance',
    '@hatchery/acceptance',
    'acceptance/src/push.test.ts',
  ),
  target(
    '@hatchery/acceptance',
    'stories--drain',
    'stories',
    '@hatchery/acceptance',
    'acceptance/stories/drain.test.ts',
  ),
  target('hatchery', 'lint', 'lint'),
  target('hatchery', 'typecheck', 'typecheck'),
  target('hatchery', 'format', 'format'),
];

function chosen(...words: string[]): string[] {
  return select(all, words).map((one) => `${one.project}:${one.target}`);
}

describe('select', () => {
  it('selects everything when nothing is named', () => {
    assert.equal(chosen().length, all.length);
  });

  it('selects a whole step by its name', () => {
    assert.deepEqual(chosen('stories'), ['@hatchery/acceptance:stories--drain']);
    assert.deepEqual(chosen('typecheck'), ['@hatchery/protocol:typecheck', 'hatchery:typecheck']);
  });

  it('selects one project or one file of a step', () => {
    assert.deepEqual(chosen('protocol'), ['@hatchery/protocol:test']);
    assert.deepEqual(chosen('libs/protocol'), ['@hatchery/protocol:test']);
    assert.deepEqual(chosen('acceptance/src/push.test.ts'), [
      '@hatchery/acceptance:acceptance--push',
    ]);
  });

  it('selects the stories with the rest of what they are part of', () => {
    assert.deepEqual(chosen('acceptance'), [
      '@hatchery/acceptance:acceptance--push',
      '@hatchery/acceptance:stories--drain',
    ]);
  });

  it('accepts several names', () => {
    assert.deepEqual(chosen('push', 'lint'), [
      '@hatchery/acceptance:acceptance--push',
      'hatchery:lint',
    ]);
  });

  it('refuses a name that matches nothing, and lists the available names', () => {
    const message =
      "nothing matches 'nosuch'; there are: format, typecheck, lint, unit tests, acceptance, stories, " +
      '@hatchery/locks, @hatchery/protocol, @hatchery/acceptance, and paths of test files';
    assert.throws(() => chosen('lint', 'nosuch'), { name: 'RangeError', message });
  });
});

describe('stepsOf', () => {
  it('names each step once, the fastest to fail first', () => {
    assert.deepEqual(stepsOf(all), [
      'format',
      'typecheck',
      'lint',
      'unit tests',
      'acceptance',
      'stories',
    ]);
  });
});

describe('nxRuns', () => {
  const runs = (...words: string[]) => nxRuns(all, select(all, words));

  it('is one run of everything when everything is chosen', () => {
    assert.equal(runs().length, 1);
  });

  it('is one run when the projects have no other targets of these names', () => {
    assert.deepEqual(runs('push', 'lint'), [
      { projects: ['@hatchery/acceptance', 'hatchery'], targets: ['acceptance--push', 'lint'] },
    ]);
  });

  it('is a second run when one would run more than was selected', () => {
    assert.deepEqual(runs('typecheck', 'locks', 'lint'), [
      { projects: ['@hatchery/locks', 'hatchery'], targets: ['test', 'lint'] },
      { projects: ['@hatchery/protocol', 'hatchery'], targets: ['typecheck'] },
    ]);
  });
});
