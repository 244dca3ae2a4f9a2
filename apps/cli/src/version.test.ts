import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery } from '../test-support/terminal.ts';
import { commitOf, describeVersions } from './version.ts';

it('is told by a command and by an option, whatever the configuration is', async () => {
  using directory = temporaryDirectory();
  const option = await hatchery('--version');
  assert.match(
    option.stdout,
    /^hatchery \d+\.\d+\.\d+( \(commit [0-9a-f]{7,}\))?\nNode \d+\.\d+\.\d+\nBreezy 3\.\d.*\n$/,
  );
  assert.deepEqual([option.code, option.said], [0, []]);
  assert.deepEqual(await hatchery('version', '--state-dir', directory.path), option);
  const broken = join(directory.path, 'broken.toml');
  writeFileSync(broken, '[ssh\nlisten = 7\n');
  assert.deepEqual(await hatchery('version', '--config', broken), option);
  assert.deepEqual(
    await hatchery('version', '--config', join(directory.path, 'missing.toml')),
    option,
  );
  const told = JSON.parse(
    (await hatchery('version', '--json', '--state-dir', directory.path)).stdout,
  ) as object;
  assert.deepEqual(Object.keys(told), ['hatchery', 'commit', 'node', 'breezy']);
});

it('says what is missing, and no commit where there is none', () => {
  const versions = { hatchery: '1.0.0', commit: null, node: '24.0.0', breezy: null };
  assert.equal(
    describeVersions(versions),
    'hatchery 1.0.0\nNode 24.0.0\nBreezy is not installed\n',
  );
});

it('has the commit of its own checkout, and not that of a repository around it', () => {
  using directory = temporaryDirectory();
  const { path } = directory;
  assert.equal(commitOf(path), null);
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', path, ...words], { encoding: 'utf8' });
  git('init', '-q');
  assert.equal(commitOf(path), null, 'nothing is committed');
  writeFileSync(join(path, 'a'), '');
  git('add', 'a');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'a');
  assert.equal(commitOf(path), git('rev-parse', '--short', 'HEAD').trim());
  mkdirSync(join(path, 'below'));
  assert.equal(commitOf(join(path, 'below')), null);
});
