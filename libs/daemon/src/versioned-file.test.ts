import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig, partHaltPath, partRecordPath } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { currentHalt, describeHalt, readPartHalt } from './part-halt.ts';
import { readPartRecord, writePartRecord, type PartRecord } from './part-record.ts';
import { bootId, pidNamespace, processStartTime } from './process-identity.ts';
import { readVersioned, versionedText } from './versioned-file.ts';

const own: PartRecord = {
  name: 'forker',
  pid: process.pid,
  startTime: processStartTime(process.pid) ?? 0,
  bootId: bootId(),
  pidNamespace: pidNamespace(),
  readySince: '2026-01-01T00:00:00.000Z',
  supervised: true,
  details: {},
};

describe('a file with a version', () => {
  it('comes back without it, and is none when it cannot be read', () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'file');
    assert.equal(readVersioned(path, 'service'), null);
    writeFileSync(path, versionedText('service', { a: 1 }));
    assert.deepEqual(readVersioned(path, 'service'), { a: 1 });
    for (const text of ['', '{"format":1', 'null', '[]', '7']) {
      writeFileSync(path, text);
      assert.equal(readVersioned(path, 'service'), null, text);
    }
  });

  it('of another version is refused with its name, both versions and the remedy, and stays', () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, 'service.json');
    for (const [text, found] of [
      ['{"format":2,"pid":7}', /of version 2;/],
      ['{"pid":7}', /without a version;/],
    ] as const) {
      writeFileSync(path, text);
      assert.throws(
        () => readVersioned(path, 'service'),
        ({ message }: Error) =>
          message.startsWith(path) &&
          found.test(message) &&
          /this Hatchery reads version 1; use the hatchery command of the version/.test(message),
      );
      assert.equal(readFileSync(path, 'utf8'), text);
    }
  });

  it('of a part of another version stops a start beside it, and nothing removes it', () => {
    using directory = temporaryDirectory();
    const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
    const path = partRecordPath(config, 'forker');
    mkdirSync(dirname(path), { recursive: true });
    const theirs = JSON.stringify({ format: 2, pid: 1 });
    writeFileSync(path, theirs);
    assert.throws(() => readPartRecord(config, 'forker'), /record of a running part of version 2/);
    assert.throws(() => writePartRecord(config, own), /record of a running part of version 2/);
    assert.equal(readFileSync(path, 'utf8'), theirs);
  });

  it('of a successor of another version stays when its predecessor ends', () => {
    using directory = temporaryDirectory();
    const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
    const path = partRecordPath(config, 'forker');
    const written = writePartRecord(config, own);
    const theirs = JSON.stringify({ format: 2, pid: 1 });
    writeFileSync(path, theirs);
    written[Symbol.dispose]();
    assert.equal(readFileSync(path, 'utf8'), theirs);
  });

  it('of a halt of another version counts as a stop, in words', () => {
    using directory = temporaryDirectory();
    const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
    const path = partHaltPath(config, 'forker');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{"format":2}');
    assert.equal(readPartHalt(config, 'forker')?.state, 'stopped');
    const halt = currentHalt(config, 'forker');
    assert.ok(halt !== null);
    assert.match(
      describeHalt(halt),
      /of version 2; this Hatchery reads version 1; .*hatchery start$/,
    );
  });
});
