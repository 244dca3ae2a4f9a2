import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig, partRecordPath, type Config } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import {
  readPartRecord,
  readReplacedRecords,
  writePartRecord,
  type PartRecord,
} from './part-record.ts';
import { bootId, pidNamespace, processStartTime } from './process-identity.ts';

const own: PartRecord = {
  name: 'sample',
  pid: process.pid,
  startTime: processStartTime(process.pid) ?? 0,
  bootId: bootId(),
  pidNamespace: pidNamespace(),
  readySince: '2026-01-01T00:00:00.000Z',
  supervised: false,
  details: { port: 5022 },
};

function configIn(stateDirectory: string): Config {
  return loadConfig({ directory: stateDirectory, stateDirectory });
}

describe('a part record', () => {
  it('is read back while its process lives, and removed when disposed', () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    {
      using _written = writePartRecord(config, own);
      assert.deepEqual(readPartRecord(config, 'sample'), own);
      assert.deepEqual(readdirSync(dirname(partRecordPath(config, 'sample'))), ['sample.json']);
    }
    assert.equal(readPartRecord(config, 'sample'), null);
  });

  it('is readable by its owner alone, for it may hold a sign-in link', () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    const umask = process.umask(0);
    try {
      using _written = writePartRecord(config, own);
      const path = partRecordPath(config, 'sample');
      assert.deepEqual(
        [path, dirname(path)].map((one) => statSync(one).mode & 0o777),
        [0o600, 0o700],
      );
    } finally {
      process.umask(umask);
    }
  });

  it('counts as none when its process is gone', async () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    const child = spawn('sleep', ['600']);
    const pid = child.pid ?? 0;
    using _written = writePartRecord(config, {
      ...own,
      pid,
      startTime: processStartTime(pid) ?? 0,
    });
    assert.equal(readPartRecord(config, 'sample')?.pid, pid);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(readPartRecord(config, 'sample'), null);
  });

  it('counts as none when another process has the pid by now', () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    using _written = writePartRecord(config, { ...own, startTime: own.startTime - 1 });
    assert.equal(readPartRecord(config, 'sample'), null);
  });

  it('of a successor is not removed by its predecessor', () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    const old = writePartRecord(config, { ...own, pid: 1, startTime: processStartTime(1) ?? 0 });
    using _new = writePartRecord(config, own);
    old[Symbol.dispose]();
    assert.equal(readPartRecord(config, 'sample')?.pid, process.pid);
  });

  it('of a predecessor that runs on is there again when its successor ends first', () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    const before = { ...own, pid: 1, startTime: processStartTime(1) ?? 0 };
    using _old = writePartRecord(config, before);
    const next = writePartRecord(config, own);
    assert.equal(readPartRecord(config, 'sample')?.pid, process.pid);
    next[Symbol.dispose]();
    assert.deepEqual(readPartRecord(config, 'sample'), before);
  });

  it('of one that was replaced is found as long as that lives, the oldest first, and nobody else’s with it', () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    assert.deepEqual(
      readReplacedRecords(config, 'sample'),
      [],
      'nor is a missing directory an error',
    );
    const first = { ...own, pid: 1, startTime: processStartTime(1) ?? 0 };
    const second = { ...own, pid: process.ppid, startTime: processStartTime(process.ppid) ?? 0 };
    const written = [first, second, own].map((record) => writePartRecord(config, record));
    using _other = writePartRecord(config, { ...own, name: 'sample.json.7' });
    assert.deepEqual(readReplacedRecords(config, 'sample'), [first, second]);
    written[0]?.[Symbol.dispose]();
    assert.deepEqual(readReplacedRecords(config, 'sample'), [second]);
    for (const one of written.slice(1)) one[Symbol.dispose]();
    assert.deepEqual(readReplacedRecords(config, 'sample'), []);
  });

  it('of one that was replaced and killed is not found, and is removed by the next to begin or end', async () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    const child = spawn('sleep', ['600']);
    const pid = child.pid ?? 0;
    writePartRecord(config, { ...own, pid, startTime: processStartTime(pid) ?? 0 });
    const next = writePartRecord(config, own);
    assert.equal(readReplacedRecords(config, 'sample')[0]?.pid, pid);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(readReplacedRecords(config, 'sample'), []);
    const path = partRecordPath(config, 'sample');
    copyFileSync(`${path}.${pid}-`, `${path}.1-`);
    assert.equal(readdirSync(dirname(path)).length, 3);
    next[Symbol.dispose]();
    assert.deepEqual(readdirSync(dirname(path)), []);
    writeFileSync(`${path}.${pid}-`, 'damaged');
    using _again = writePartRecord(config, own);
    assert.deepEqual(readdirSync(dirname(path)), ['sample.json']);
  });

  it('counts as none when it is damaged', () => {
    using directory = temporaryDirectory();
    const config = configIn(directory.path);
    const path = partRecordPath(config, 'sample');
    mkdirSync(dirname(path), { recursive: true });
    for (const text of ['', '{', 'null', '[]', '7']) {
      writeFileSync(path, text);
      assert.equal(readPartRecord(config, 'sample'), null, text);
    }
  });
});
