import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertNothingLeft, takeBaseline, temporaryDirectory } from '@hatchery/testkit';
import { configure, hatchery } from '../test-support/hatchery.ts';

/** What is in the way of a start, after which step, and the cause that it tells. */
const faults: readonly (readonly [what: string, make: (state: string) => void, cause: RegExp])[] = [
  [
    'the socket of the supervisor, which comes after all parts',
    (state) => mkdirSync(join(state, 'run/supervisor.sock/in the way'), { recursive: true }),
    /^hatchery: start: cannot listen on \S+supervisor\.sock: .*; move away what is in its place/,
  ],
  [
    'the records of the parts',
    (state) => writeFileSync(join(state, 'parts'), ''),
    /^hatchery: start: forker: cannot write down that it runs: .*; see state_dir$/m,
  ],
  [
    'the runtime directory',
    (state) => writeFileSync(join(state, 'run'), ''),
    /^hatchery: start: cannot make \S+\/run: a file is in its place; move it away/,
  ],
  [
    'the users directory',
    (state) => writeFileSync(join(state, 'users'), ''),
    /^hatchery: start: cannot make \S+\/users: a file is in its place; move it away/,
  ],
  [
    'the home of sessions',
    (state) => writeFileSync(join(state, 'breezy'), ''),
    /^hatchery: start: forker: cannot make \S+\/breezy: a file is in its place; move it away/,
  ],
  [
    'the record of the supervisor',
    (state) => mkdirSync(join(state, 'service.json/in the way'), { recursive: true }),
    /^hatchery: start: \S+\/service\.json cannot be written: a directory is in its place; move it away$/m,
  ],
  [
    'the place of the audit',
    (state) => writeFileSync(join(state, 'audit'), ''),
    /^hatchery: start: forker: cannot use \S+audit: /,
  ],
];

describe('a start that finds something in its way', () => {
  for (const [what, make, cause] of faults) {
    it(`ends everything and tells the cause when something is in the way of ${what}`, async () => {
      using directory = temporaryDirectory();
      const { path } = directory;
      const baseline = takeBaseline();
      configure(path);
      mkdirSync(join(path, 'state'));
      make(join(path, 'state'));
      const { code, stdout, stderr } = await hatchery(path, 'start');
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, cause);
      assert.doesNotMatch(stderr, /E[A-Z]{3,}: /);
      await assertNothingLeft(path, baseline);
      assert.match((await hatchery(path, 'stop')).stderr, /nothing runs on/);
    });
  }

  it('goes on without what is only for the demo', async () => {
    using directory = temporaryDirectory();
    const { path } = directory;
    const baseline = takeBaseline();
    configure(path);
    mkdirSync(join(path, 'state/demo/ssh/in the way'), { recursive: true });
    const started = await hatchery(path, 'start');
    assert.deepEqual([started.code, started.stderr], [0, '']);
    const log = readFileSync(join(path, 'state/hatchery.log'), 'utf8');
    assert.match(
      log,
      /^hatchery: the ssh of the demo user cannot be written: .*; going on without it$/m,
    );
    assert.equal((await hatchery(path, 'stop')).code, 0);
    await assertNothingLeft(path, baseline);
  });
});
