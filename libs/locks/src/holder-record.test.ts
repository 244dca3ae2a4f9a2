import assert from 'node:assert/strict';
import { it } from 'node:test';
import { holderTrouble, readHolderRecord, type HolderRecord } from './holder-record.ts';

const record: HolderRecord = {
  token: 't1',
  process: { pid: 5, startTime: 50 },
  runner: { pid: 4, startTime: 40 },
  boot: '26ea41fb-6afe-467a-b6b9-e7b9fe9f2a72',
  pidNamespace: 'pid:[4026531836]',
  user: 'archive',
  host: 'builder',
  command: 'publish-distro --all',
  since: '2026-01-01T00:00:00.000Z',
};

it('a record comes back as it was written', () => {
  assert.deepEqual(readHolderRecord(`${JSON.stringify({ format: 1, ...record })}\n`), record);
});

it('an incomplete or invalid record is rejected', () => {
  const written = { format: 1, ...record };
  const text = `${JSON.stringify(written)}\n`;
  for (let length = 0; length < text.length - 1; length += 1) {
    assert.equal(
      readHolderRecord(text.slice(0, length)),
      null,
      `cut off after ${length} characters`,
    );
  }
  for (const other of ['null', '[]', '7', JSON.stringify({ ...written, token: '' })]) {
    assert.equal(readHolderRecord(other), null, other);
  }
  assert.equal(
    readHolderRecord(JSON.stringify({ ...written, runner: { pid: '4', startTime: 40 } })),
    null,
  );
});

it('a record of another version is none, and says so', () => {
  const text = JSON.stringify({ format: 2, ...record });
  assert.equal(readHolderRecord(text), null);
  assert.match(
    holderTrouble(text, '/locks/a.holder.json') ?? '',
    /^\/locks\/a\.holder\.json is a record of a lock holder of version 2; this Hatchery reads version 1;/,
  );
  assert.equal(holderTrouble(JSON.stringify({ format: 1, ...record }), '/x'), null);
  assert.equal(holderTrouble('{"half', '/x'), null);
});
