import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { configText, hatcheryScript } from '../test-support/instance.ts';
import { assertNothingLeft } from '../test-support/nothing-left.ts';
import { assertDone } from '../test-support/outcome.ts';
import { run, start, until } from '../test-support/run.ts';

for (const [kind, prefix] of [
  ['a plain directory', 'hatchery-acceptance-'],
  ['a directory with a blank and a quote in its name', "hatchery-acceptance it's "],
] as const) {
  test(`the line that up prints branches when pasted, in ${kind}`, async () => {
    const directory = mkdtempSync(join(tmpdir(), prefix));
    const config = join(directory, 'hatchery.toml');
    const home = join(directory, 'home');
    mkdirSync(home);
    writeFileSync(config, configText(directory, ''));
    const up = start(hatcheryScript, ['up', '--config', config], {
      environment: { HOME: directory },
    });
    const line = await until(
      'the line to paste',
      () => /^ {2}Branch from it +(.+)$/m.exec(up.stdout())?.[1],
      60_000,
    );
    assert.match(up.stdout(), /^ {2}The page +http:\/\/127\.0\.0\.1:\d+\/$/m);

    for (const time of ['first', 'second']) {
      const place = join(home, time);
      mkdirSync(place);
      assertDone(await run('sh', ['-c', line], { cwd: place, environment: { HOME: home } }));
      assert.deepEqual(readdirSync(place), ['trunk']);
      assert.match(
        readFileSync(join(place, 'trunk', 'README'), 'utf8'),
        /something to branch from/,
      );
    }
    assert.equal(readdirSync(home).includes('.ssh'), false);

    up.kill('SIGINT');
    assert.equal((await up.outcome).code, 0);
    await assertNothingLeft(directory);
    rmSync(directory, { recursive: true });
  });
}
