import assert from 'node:assert/strict';
import {
  closeSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openServiceLog, serviceLogPath } from './service-log.ts';

function stage() {
  const directory = mkdtempSync(join(tmpdir(), 'hatchery-log-'));
  const config = { stateDirectory: join(directory, 'state') };
  const path = serviceLogPath(config);
  return {
    path,
    start: (text: string): void => {
      const output = openServiceLog(config, 10);
      writeSync(output, text);
      closeSync(output);
    },
    read: (name: string): string => readFileSync(name, 'utf8'),
    open: () => openServiceLog(config, 10),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

test('the log of a service goes on where it was, and is its owner’s alone', () => {
  using own = stage();
  own.start('one\n');
  own.start('two\n');
  assert.equal(own.read(own.path), 'one\ntwo\n');
  assert.equal(statSync(own.path).mode & 0o777, 0o600);
});

test('one that has grown too long is put aside, and what was put aside before goes', () => {
  using own = stage();
  own.start('eleven bytes');
  own.start('more than ten');
  assert.equal(own.read(`${own.path}.1`), 'eleven bytes');
  own.start('new');
  assert.deepEqual([own.read(own.path), own.read(`${own.path}.1`)], ['new', 'more than ten']);
});

test('cut by logrotate while it is written, it goes on from its start', () => {
  using own = stage();
  const output = own.open();
  writeSync(output, 'before\n');
  truncateSync(own.path);
  writeSync(output, 'after\n');
  closeSync(output);
  assert.equal(own.read(own.path), 'after\n');
});
