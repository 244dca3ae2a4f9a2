import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { assertNothingLeft, takeBaseline, temporaryDirectory } from '@hatchery/testkit';
import { configure, hatchery } from '../test-support/hatchery.ts';

const checkout = join(import.meta.dirname, '../../..');
const execute = promisify(execFile);

/** Runs a command that a message advises, as somebody pastes it in the checkout; what it prints. */
async function carryOut(command: string): Promise<string> {
  const pasted = command.replace(/^(\.\/)?hatchery /, './hatchery ');
  return (await execute('sh', ['-c', pasted], { cwd: checkout })).stdout;
}

/** The command in a text that begins with these words, with its options. */
function advisedIn(text: string, start: string): string {
  const options = String.raw`--config '?[^\s']+'? --state-dir '?[^\s']+'?`;
  return (
    new RegExp(`(?:\\./)?hatchery ${start} ${options}`).exec(text)?.[0] ??
    assert.fail(`${start} in ${text}`)
  );
}

it('commands that messages advise work when they are pasted: they have the configuration of whoever reads them', async () => {
  using directory = temporaryDirectory();
  const { path } = directory;
  const baseline = takeBaseline();
  configure(path);
  const nothing = await hatchery(path, 'stop');
  assert.match(nothing.stderr, /nothing runs on/);
  const places = await carryOut(advisedIn(nothing.stderr, 'start'));
  const [, page = ''] = /The page +(\S+)$/m.exec(places) ?? [];
  assert.ok((await carryOut(advisedIn(places, 'sign-in'))).includes(page));
  copyFileSync(join(path, 'state/demo/id_ed25519.pub'), join(path, 'bob.pub'));
  const add = advisedIn(places, 'user add NAME --key NAME.pub');
  await carryOut(add.replace('NAME.pub', join(path, 'bob.pub')).replace('NAME', 'bob'));
  assert.match((await hatchery(path, 'user', 'list')).stdout, /^bob /m);
  const again = await hatchery(path, 'start');
  assert.match(await carryOut(advisedIn(again.stderr, 'stop')), /^hatchery has stopped$/m);
  assert.match(
    (await hatchery(path, 'children')).stderr,
    /; start one with \.\/hatchery up --config \S+ --state-dir \S+, or/,
  );
  await assertNothingLeft(path, baseline);
});
