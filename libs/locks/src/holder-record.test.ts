import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readHolderRecord, type HolderRecord } from './holder-record.ts';

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
  assert.deepEqual(readHolderRecord(`${JSON.stringify(record)}\n`), record);
});

it('an incomplete or invalid record is rejected', () => {
  const text = `${JSON.stringify(record)}\n`;
  for (let length = 0; length < text.length - 1; length += 1) {
    assert.equal(
      readHolderRecord(text.slice(0, length)),
      null,
      `cut off after ${length} characters`,
    );
  }
  for (const other of ['null', '[]', '7', JSON.stringify({ ...record, token: '' })]) {
    assert.equal(readHolderRecord(other), null, other);
  }
  assert.equal(
    readHolderRecord(JSON.stringify({ ...record, runner: { pid: '4', startTime: 40 } })),
    null,
  );
});
