import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { preloadList } from './preload-list.ts';

const quiet = { info: () => undefined, warn: () => undefined };

describe('the list of modules to preload', () => {
  it('is used if it matches, and nothing is recorded', async () => {
    const lists = {
      identity: 'now',
      places: ['/nowhere/a'],
      fitting: '/nowhere/a',
      any: '/nowhere/a',
      troubles: [],
    };
    const told: string[] = [];
    assert.equal(
      await preloadList(lists, {
        info: (line) => told.push(line),
        warn: (line) => told.push(line),
      }),
      '/nowhere/a',
    );
    assert.deepEqual(told, []);
  });

  it('is recorded where the first place cannot be written, readable by all, whatever the umask and the environment', async (context) => {
    using directory = temporaryDirectory();
    const [blocked, free] = [
      join(directory.path, 'file', 'dist', 'preload.json'),
      join(directory.path, 'state', 'preload.json'),
    ];
    writeFileSync(join(directory.path, 'file'), '');
    // A Python of ours would import these in place of its own modules and Breezy's.
    const poison = join(directory.path, 'poison');
    mkdirSync(poison);
    for (const name of ['json.py', 'breezy.py', 'sitecustomize.py'])
      writeFileSync(join(poison, name), 'raise SystemExit("poison")\n');
    writeFileSync(join(poison, 'brz'), '#!/bin/sh\nexit 9\n', { mode: 0o755 });
    const before = { ...process.env };
    const umask = process.umask(0o077);
    context.after(() => {
      process.env = before;
      process.umask(umask);
    });
    Object.assign(process.env, {
      PYTHONPATH: poison,
      PYTHONHOME: poison,
      PATH: `${poison}:${before['PATH']}`,
      BRZ_PLUGIN_PATH: poison,
    });
    const lists = {
      identity: 'now',
      places: [blocked, free],
      fitting: null,
      any: null,
      troubles: [],
    };
    assert.equal(await preloadList(lists, quiet), free);
    const { identity, modules } = JSON.parse(readFileSync(free, 'utf8')) as {
      identity: string;
      modules: string[];
    };
    assert.equal(identity, 'now');
    assert.ok(modules.includes('breezy.bzr.smart.repository'), modules.join());
    assert.equal(statSync(free).mode & 0o777, 0o644);
    assert.equal(statSync(join(directory.path, 'state')).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(join(directory.path, 'state')), ['preload.json']);
  });

  it('for another Breezy is used when none can be recorded, with a message', async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'file'), '');
    const old = join(directory.path, 'old.json');
    const lists = {
      identity: 'now',
      places: [join(directory.path, 'file', 'preload.json')],
      fitting: null,
      any: old,
      troubles: [],
    };
    const warned: string[] = [];
    assert.equal(await preloadList(lists, { ...quiet, warn: (line) => warned.push(line) }), old);
    assert.match(
      warned.join(),
      /no place for it can be written: .*; the list of modules \S+old\.json serves on/,
    );
    await assert.rejects(preloadList({ ...lists, any: null }, quiet), {
      message: /^no list of modules to preload can be made: no place for it can be written: /,
    });
  });
});
