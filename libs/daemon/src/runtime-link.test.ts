import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readlinkSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '@hatchery/config';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { keepRuntimeLink, makeRuntimeDirectory } from './runtime-link.ts';
import { StartError } from './start-error.ts';

/** Fails the test that hears of an error. */
const never = (error: Error): never => assert.fail(error);

test('the short name of a long runtime directory is made, and made anew when it is cleaned away', async () => {
  using directory = temporaryDirectory();
  const state = join(directory.path, 'x'.repeat(90));
  const config = loadConfig({ directory: state, stateDirectory: state });
  const path = config.runtimeDirectory;
  try {
    using _link = keepRuntimeLink(config, never);
    assert.equal(readlinkSync(path), join(state, 'run'));
    rmSync(dirname(path), { recursive: true });
    await until('the name to be there again', () => existsSync(path));
    assert.equal(readlinkSync(path), join(state, 'run'));
  } finally {
    rmSync(dirname(path), { recursive: true, force: true });
  }
});

test('a directory that others may write does not get our sockets', () => {
  using directory = temporaryDirectory();
  const state = join(directory.path, 'y'.repeat(90));
  const config = loadConfig({ directory: state, stateDirectory: state });
  const taken = dirname(config.runtimeDirectory);
  mkdirSync(taken);
  chmodSync(taken, 0o777);
  try {
    assert.throws(
      () => keepRuntimeLink(config, never),
      (error) => error instanceof StartError && /is somebody else's/.test(error.message),
    );
  } finally {
    rmSync(taken, { recursive: true });
  }
});

test('a runtime directory that is short enough has no other name', () => {
  using directory = temporaryDirectory();
  const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
  using _link = keepRuntimeLink(config, never);
  assert.equal(existsSync(config.runtimeDirectory), false);
});

test('the runtime directory is made under its own name, also when its short name was left, or taken by an empty directory', () => {
  using directory = temporaryDirectory();
  const state = join(directory.path, 'z'.repeat(90));
  const config = loadConfig({ directory: state, stateDirectory: state });
  const path = config.runtimeDirectory;
  try {
    mkdirSync(path, { recursive: true });
    chmodSync(dirname(path), 0o711);
    for (let life = 1; life <= 2; life += 1) {
      makeRuntimeDirectory(config);
      assert.equal(readlinkSync(path), join(state, 'run'));
      assert.ok(existsSync(path), `life ${life}`);
      rmSync(state, { recursive: true });
    }
  } finally {
    rmSync(dirname(path), { recursive: true, force: true });
  }
});
