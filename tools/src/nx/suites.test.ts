import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { targetsOf } from './suites.ts';
import { configure } from './target.ts';

const service = {
  name: '@hatchery/baker',
  directory: 'apps/baker',
  tags: ['platform:node'],
  namedInputs: ['elsewhere', 'service-tests/b.test.ts'],
  files: [
    'package.json',
    'oven/test_heat.py',
    'service-tests/a.test.ts',
    'service-tests/b.test.ts',
    'src/x.test.ts',
  ],
};

function named(project = service): string[] {
  return targetsOf(project).targets.map(({ target }) => target);
}

describe('targetsOf', () => {
  it('makes one target of the unit tests, and one of each test of a whole service', () => {
    assert.deepEqual(named(), [
      'service-test--a.test.ts',
      'service-test--b.test.ts',
      'test',
      'python-test',
    ]);
    assert.deepEqual(
      targetsOf(service).targets.map(({ argv }) => argv.at(-1)),
      ['service-tests/a.test.ts', 'service-tests/b.test.ts', 'src/**/*.test.ts', 'apps/baker/oven'],
    );
  });

  it('makes a target that stands for all tests of whole services', () => {
    const groups = [...targetsOf(service).groups].map(([name, { length }]) => [name, length]);
    assert.deepEqual(groups, [['service-test', 2]]);
  });

  it('makes each file of the acceptance tests a target', () => {
    const files = ['src/push.test.ts', 'stories/drain.test.ts'];
    const acceptance = { ...service, name: '@hatchery/acceptance', directory: 'acceptance', files };
    assert.deepEqual(named(acceptance), ['acceptance--push.test.ts', 'stories--drain.test.ts']);
    assert.deepEqual(targetsOf(acceptance).targets[0]?.parts, [
      '@hatchery/acceptance',
      'acceptance/src/push.test.ts',
    ]);
  });

  it('compiles a project that must not use Node by itself, and builds a page', () => {
    const page = { ...service, tags: ['platform:web'], files: ['vite.config.ts'] };
    assert.deepEqual(named(page), ['build', 'typecheck']);
    assert.deepEqual(named({ ...page, tags: ['platform:node'], files: [] }), []);
  });

  it('adds each test file of a whole service to its target’s inputs, and what the file names', () => {
    const [first, second] = targetsOf(service).targets;
    const own = '{projectRoot}/service-tests/a.test.ts';
    assert.deepEqual(first?.inputs, ['support', 'services', 'elsewhere', own]);
    assert.equal(second?.inputs.at(-1), 'service-tests/b.test.ts');
  });
});

describe('configure', () => {
  it('caches a target with its counts, keyed by the versions of what it runs on', () => {
    const configured = configure(targetsOf(service).targets[2]!);
    assert.equal(configured.cache, true);
    assert.deepEqual(configured.outputs, ['{workspaceRoot}/.nx/counts/@hatchery/baker/test.json']);
    assert.deepEqual(configured.inputs, ['default', '^default', 'elsewhere', 'environment']);
  });

  it('quotes for the shell', () => {
    const { command } = configure(targetsOf(service).targets[2]!).options as { command: string };
    assert.match(command, / node --test --test-timeout=300000 'src\/\*\*\/\*\.test\.ts'$/);
  });
});
