import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadConfig, partHaltPath, partsDirectory } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import {
  clearPartHalt,
  currentHalt,
  describeHalt,
  readPartHalt,
  writePartHalt,
  type PartHalt,
} from './part-halt.ts';
import { writePartRecord } from './part-record.ts';
import { bootId, pidNamespace, processStartTime } from './process-identity.ts';

const startTime = processStartTime(process.pid) ?? 0;

const stopped: PartHalt = {
  name: 'sample',
  state: 'stopped',
  at: '2026-01-01T00:00:00.000Z',
  reason: 'SIGTERM',
  attempts: 0,
  nextTryAt: null,
  pid: 1,
  startTime: 1,
};

test('what is written of a part is read again, for the user of the service alone, and taken away by whom it is meant', () => {
  using directory = temporaryDirectory();
  const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
  assert.equal(currentHalt(config, 'sample'), null);
  writePartHalt(config, stopped);
  assert.deepEqual(currentHalt(config, 'sample'), stopped);
  assert.equal(statSync(partHaltPath(config, 'sample')).mode & 0o777, 0o600);
  clearPartHalt(config, 'sample', 2);
  assert.deepEqual(readPartHalt(config, 'sample'), stopped);
  clearPartHalt(config, 'sample', 1);
  assert.deepEqual(readdirSync(partsDirectory(config)), []);
});

test('it says nothing of a part that serves, unless that part has written it itself', () => {
  using directory = temporaryDirectory();
  const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
  const own = { pid: process.pid, startTime };
  const here = { bootId: bootId(), pidNamespace: pidNamespace() };
  using _record = writePartRecord(config, {
    name: 'sample',
    ...own,
    ...here,
    readySince: '',
    supervised: true,
    details: {},
  });
  writePartHalt(config, stopped);
  assert.equal(currentHalt(config, 'sample'), null);
  writePartHalt(config, { ...stopped, ...own });
  assert.equal(currentHalt(config, 'sample')?.pid, process.pid);
  writeFileSync(partHaltPath(config, 'sample'), '{"half');
  assert.equal(currentHalt(config, 'sample'), null);
});

test('it is told in one line with what to do, or what comes next', () => {
  assert.equal(
    describeHalt(stopped),
    'stopped at 2026-01-01T00:00:00.000Z by SIGTERM; hatchery start starts it again',
  );
  const failing = {
    state: 'failing',
    reason: 'it ended with exit 1',
    nextTryAt: '2026-01-01T00:00:05.000Z',
  } as const;
  assert.equal(
    describeHalt({ ...stopped, ...failing, attempts: 3 }),
    'it failed 3 times in a row, the last time at 2026-01-01T00:00:00.000Z: it ended with exit 1; next try at 2026-01-01T00:00:05.000Z',
  );
});
