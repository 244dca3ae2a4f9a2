import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig, readKeyDigests } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { describeChanges, recordConfigurationChanges } from './configuration-changes.ts';

describe('changes of the configuration', () => {
  it('are the keys that were set, changed or unset, in their order, and no value', () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'hatchery.toml');
    const read = (text: string): ReadonlyMap<string, string> => {
      writeFileSync(file, text);
      return readKeyDigests(file);
    };
    const before = read(
      '[ssh]\nlisten = "127.0.0.1:22"\nhost_keys = ["a",\n"b"]\n[log]\nlevel = "warn"\n',
    );
    const now = read(
      '[ssh]\n# Moved.\nlisten = "127.0.0.1:2222"\nhost_keys = [\n"a", "b"]\n[log]\nformat = "json"\n',
    );
    assert.equal(
      describeChanges(before, now),
      'log.format set, log.level unset, ssh.listen changed',
    );
    assert.equal(describeChanges(now, now), null);
    assert.equal(describeChanges(null, now), null, 'a first start changes nothing');
    assert.equal(describeChanges(new Map(), readKeyDigests(undefined)), null);
  });

  it('are in the audit with who brought them, and their values nowhere', async () => {
    using directory = temporaryDirectory();
    const { path } = directory;
    const file = join(path, 'hatchery.toml');
    mkdirSync(join(path, 'state'));
    const take = async (value: string): Promise<void> => {
      writeFileSync(file, `state_dir = "state"\n[hosting]\nroot = "${value}"\n`);
      const config = loadConfig({ directory: path, configFile: file });
      const failed = (line: string): void => assert.fail(line);
      await recordConfigurationChanges({ config, file, actor: 'alice (cli)', say: failed });
    };
    await take('first-secret');
    await take('second-secret');
    await take('second-secret');
    const audit = join(path, 'state/audit');
    const text = readdirSync(audit)
      .map((name) => readFileSync(join(audit, name), 'utf8'))
      .join('');
    const entries = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    assert.deepEqual(
      entries.map(({ kind, actor, verb, target, reason, outcome }) => [
        kind,
        actor ?? outcome,
        verb,
        target,
        reason,
      ]),
      [
        ['action.requested', 'alice (cli)', 'change', 'configuration', 'hosting.root changed'],
        ['action.done', 'done', undefined, undefined, undefined],
      ],
    );
    const record = join(path, 'state/configuration.json');
    assert.doesNotMatch(readFileSync(record, 'utf8'), /secret/);
    assert.equal(statSync(record).mode & 0o777, 0o600);
  });
});
