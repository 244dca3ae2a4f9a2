import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { NewCheckout } from '../test-support/installation.ts';

/** Somebody who owns nothing here. */
const stranger = 65_534;

/** What a user may have set for other programs. */
const foreign = {
  NODE_ENV: 'production',
  NODE_OPTIONS: '--inspect=127.0.0.1:0',
  npm_config_omit: 'dev',
  PYTHONPATH: '/nonexistent',
  PYTHONHOME: '/nonexistent',
  TMPDIR: '/dev/null/nowhere',
  CFLAGS: '--nonsense',
};

describe('an installation', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  let checkout: NewCheckout;
  before(() => {
    directory = temporaryDirectory();
    checkout = new NewCheckout(directory.path);
    checkout.open();
  });
  after(() => directory[Symbol.dispose]());

  it('has an environment of its own, keeps the way to the registry, and is readable for everybody', () => {
    const [, said] = checkout.hatchery(['doctor'], {
      environment: { ...foreign, https_proxy: 'http://proxy.invalid:1' },
    });
    assert.match(said, /^ok {7}built page$/m);
    assert.doesNotMatch(said, /Debugger listening/);
    assert.match(checkout.calls, /^ci .*--include=dev .*\nrebuild .*\nrun build /);
    const { environment } = checkout;
    assert.deepEqual(
      Object.keys(foreign).filter((name) => name in environment),
      [],
    );
    assert.equal(environment['https_proxy'], 'http://proxy.invalid:1');
    for (const path of ['node_modules/.hatchery/packages', 'apps/dashboard/web/dist/index.html'])
      assert.equal(statSync(join(checkout.root, path)).mode & 0o777, 0o644, path);
  });

  it('does nothing the second time', () => {
    const { calls } = checkout;
    const [, said] = checkout.hatchery(['doctor']);
    assert.doesNotMatch(said, /installing|building/);
    assert.equal(checkout.calls, calls);
  });

  it('misses a package that is gone, and brings it back', () => {
    rmSync(join(checkout.root, 'node_modules/pino'));
    const [, said] = checkout.hatchery(['status']);
    assert.match(said, /installing npm packages/);
    assert.match(said, /^forker +down/m);
  });

  it('that failed half way heals at the next run, packages included', () => {
    rmSync(join(checkout.root, 'apps/dashboard/web/dist'), { recursive: true });
    checkout.breakNextBuild();
    const [code, said] = checkout.hatchery(['doctor']);
    assert.equal(code, 1);
    assert.match(
      said,
      /^vite: not found\nhatchery: the build of the page failed; its last lines are above$/m,
    );
    const [, healed] = checkout.hatchery(['doctor']);
    assert.match(healed, /installing npm packages/);
    assert.match(healed, /^ok {7}built page$/m);
  });

  it('that does not fit the code stops a start of somebody who cannot mend it, and no other command', () => {
    appendFileSync(join(checkout.root, 'package.json'), '\n');
    const state = ['--state-dir', join(directory.path, 'none')];
    const [, status] = checkout.hatchery(['status', ...state], { uid: stranger });
    assert.match(status, /^PART .*\nforker +down/m);
    const [code, said] = checkout.hatchery(['start', ...state], { uid: stranger });
    assert.equal(code, 1);
    assert.match(
      said,
      /^hatchery: the npm packages are not those of this version, and uid 65534 cannot write \S+\. Run as its owner: \S+\/hatchery doctor\n$/,
    );
    // The remedy: after it, what stops the stranger is only that the state directory is not theirs.
    checkout.hatchery(['doctor']);
    const [, mended] = checkout.hatchery(['start', ...state], { uid: stranger });
    assert.doesNotMatch(mended, /npm packages/);
    assert.match(mended, /EACCES|permission|writable|cannot/);
  });

  it('whose page is gone is told to the owner as such', () => {
    const dist = join(checkout.root, 'apps/dashboard/web/dist');
    rmSync(dist, { recursive: true });
    chmodSync(join(checkout.root, 'apps/dashboard/web'), 0o755);
    const [code, said] = checkout.hatchery(['up'], { uid: stranger });
    assert.equal(code, 1);
    assert.match(
      said,
      /^hatchery: the dashboard's page is not built for this version, and uid 65534 cannot/,
    );
  });
});
