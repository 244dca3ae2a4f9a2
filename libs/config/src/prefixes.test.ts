import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from './load.ts';
import { sessionSettings } from './session-settings.ts';

function load(list: string): ReturnType<typeof loadConfig> {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'hatchery-config-'));
  const configFile = join(directory.path, 'hatchery.toml');
  writeFileSync(configFile, `[hosting]\nprivate = ${list}\n`);
  return loadConfig({ directory: '/checkout', configFile });
}

describe('hosting.private', () => {
  it('accepts places of users and teams, and passes them to sessions', () => {
    const config = load('["~alice/secret", "~reds", "~bob/äöü/a b"]');
    assert.deepEqual(config.hosting.private, ['~alice/secret', '~reds', '~bob/äöü/a b']);
    const { HATCHERY_PRIVATE } = sessionSettings(config).environment;
    assert.deepEqual(JSON.parse(HATCHERY_PRIVATE ?? ''), config.hosting.private);
  });

  const refused: readonly (readonly [list: string, reason: RegExp])[] = [
    ['"~alice"', /must be a list of prefixes/],
    ['[1]', /one of them is no text/],
    ['["alice/secret"]', /does not begin with ~ and a user or team: "alice\/secret"/],
    ['["~"]', /does not begin with ~/],
    ['["~/secret"]', /does not begin with ~/],
    ['["/~alice"]', /does not begin with ~/],
    ['["~Alice/Secret"]', /has capitals .*, write ~alice: "~Alice\/Secret"/],
    ['["~.alice"]', /does not begin with ~/],
    ['["~alice/"]', /an empty name/],
    ['["~alice//secret"]', /an empty name/],
    ['["~alice/../bob"]', /an empty name, a '\.' or a '\.\.' in it/],
    ['["~alice/./x"]', /an empty name, a '\.'/],
    ['["~alice/\\u0000"]', /holds a control character/],
    ['["~alice/a%2Fb"]', /is written as in an address/],
    [`["~alice/${'x'.repeat(200)}"]`, /is longer than 200 bytes/],
    [`[${'"~alice/x",'.repeat(501)}]`, /at most 500 prefixes/],
  ];
  for (const [list, reason] of refused)
    it(`refuses ${list.slice(0, 40)}, with its line`, () => {
      assert.throws(() => load(list), reason);
      assert.throws(() => load(list), /hatchery\.toml:2/);
    });
});
