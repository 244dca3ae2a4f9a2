import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import { ConfigError } from './problem.ts';
import { sessionSettings } from './session-settings.ts';

function load(text: string): Config {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'hatchery-config-'));
  const configFile = join(directory.path, 'hatchery.toml');
  writeFileSync(configFile, `${text}\n`);
  return loadConfig({ configFile, directory: '/checkout' });
}

describe('loadConfig', () => {
  it('reads a table in each of the three forms that TOML has', () => {
    assert.equal(load('[ssh]\nworkers = 3').ssh.workers, 3);
    assert.equal(load('ssh.workers = 3').ssh.workers, 3);
    assert.equal(load('ssh = { workers = 3 }').ssh.workers, 3);
  });

  it('accepts enough open files for a session, and 0 for what the system gives', () => {
    for (const openFiles of [0, 64, 1_048_576])
      assert.equal(load(`limits.open_files = ${openFiles}`).limits.openFiles, openFiles);
  });

  const refused: (readonly [string, string, RegExp])[] = [
    [
      'a word where true or false belongs',
      'forker.fork = "no"',
      /forker\.fork: must be true or false, not "no"/,
    ],
    [
      'a number where true or false belongs',
      'forker.fork = 0',
      /forker\.fork: must be true or false, not the number 0/,
    ],
    [
      'a user name that is none',
      'forker.run_as = "a/b"',
      /forker\.run_as: must be the name of a user, not "a\/b"/,
    ],
    [
      'a user name that is an option',
      'forker.run_as = "-g"',
      /forker\.run_as: must be the name of a user, not "-g"/,
    ],
    [
      'a uid for a user name',
      'forker.run_as = 1000',
      /forker\.run_as: must be the name of a user, not the number 1000/,
    ],
    [
      'a word for open files',
      'limits.open_files = "many"',
      /limits\.open_files: must be 0 or a whole number from 64 to 1048576, not "many"/,
    ],
    [
      'a limit below zero',
      'limits.cpu_s = -1',
      /limits\.cpu_s: must be a whole number from 0 to 604800, not -1/,
    ],
  ];
  for (const value of ['3', '63', '-1', '1048577'])
    refused.push([
      `${value} open files`,
      `limits.open_files = ${value}`,
      new RegExp(
        `limits\\.open_files: must be 0 or a whole number from 64 to 1048576, not ${value}$`,
      ),
    ]);
  for (const [what, text, problem] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => load(text),
        (error) => error instanceof ConfigError && problem.test(error.message),
      );
    });
  }
});

describe('sessionSettings', () => {
  it('let clients read single files where the operator wants it', () => {
    assert.equal(
      sessionSettings(load('hosting.file_reads = true')).environment['HATCHERY_FILE_READS'],
      '1',
    );
  });

  it('give a session nothing of the environment that the service was started with', () => {
    const { environment } = sessionSettings(load('state_dir = "/s"\nhosting.root = "/h"'));
    assert.equal(environment['HATCHERY_HOSTING_ROOT'], '/h');
    assert.equal(environment['BRZ_HOME'], '/s/breezy');
    assert.equal(environment['BRZ_NO_SMART_VFS'], '1');
    assert.equal(environment['HATCHERY_FILE_READS'], '0');
    assert.deepEqual(
      Object.keys(environment).filter((name) => !/^(BRZ_|HATCHERY_)/.test(name)),
      ['PATH', 'LANG', 'HOME', 'TMPDIR'],
    );
    assert.notEqual(environment['TMPDIR'], process.env['TMPDIR']);
  });
});
