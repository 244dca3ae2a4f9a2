import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Config } from './config.ts';
import { keys } from './keys.ts';
import { loadConfig } from './load.ts';
import { readToml } from './toml.ts';

const example = new URL('../../../deploy/hatchery.toml', import.meta.url);
const commented = readFileSync(example, 'utf8');
const uncommented = commented.replaceAll(/^# (?=[a-z_]+ = )/gm, '');

function load(text: string): Config {
  const directory = mkdtempSync(join(tmpdir(), 'hatchery-example-'));
  try {
    const configFile = join(directory, 'hatchery.toml');
    writeFileSync(configFile, text);
    return loadConfig({ configFile, directory: '/checkout' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

it('the example changes nothing as it is', () => {
  assert.deepEqual(load(commented), loadConfig({ directory: '/checkout' }));
});

it('the example names every key, and no other', () => {
  const named = readToml(uncommented).entries.flatMap(({ path, value }) =>
    value === null ? [] : [path],
  );
  assert.deepEqual(named.toSorted(), Object.keys(keys).toSorted());
});

it('the example shows the defaults', () => {
  const withDefaults = uncommented.replaceAll(
    /^.* # (no default|default: a quarter of the machine).*$/gm,
    '',
  );
  const [shown, own] = [
    load(withDefaults),
    load('state_dir = "/var/lib/hatchery"\nruntime_dir = "/run/hatchery"\n'),
  ];
  assert.deepEqual(shown, own);
});
