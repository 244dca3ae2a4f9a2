import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeRecords, encodeRecord } from './record.ts';

const records = fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }), {
  minLength: 1,
  maxLength: 8,
});
const wire = (values: readonly object[]): Buffer => Buffer.concat(values.map(encodeRecord));
const plain = (values: readonly unknown[]): unknown => JSON.parse(JSON.stringify(values));

describe('records', () => {
  it('are lines that start with the CRC-32 of their JSON', () => {
    assert.equal(encodeRecord({ a: 'x\n' }).toString(), 'c826afc4 {"a":"x\\n"}\n');
  });

  it('come back as they were, whatever they hold', () => {
    fc.assert(
      fc.property(records, (values) => {
        const file = wire(values);
        assert.deepEqual(decodeRecords(file), {
          records: plain(values),
          bytes: file.length,
          end: 'whole',
        });
      }),
    );
  });

  it('cut off anywhere come back up to the last whole one', () => {
    fc.assert(
      fc.property(records, fc.nat(), (values, cut) => {
        const file = wire(values);
        const part = file.subarray(0, cut % (file.length + 1));
        const { records: read, bytes, end } = decodeRecords(part);
        assert.deepEqual(read, plain(values.slice(0, read.length)));
        assert.equal(bytes, wire(values.slice(0, read.length)).length);
        assert.equal(end, bytes === part.length ? 'whole' : 'torn');
      }),
    );
  });

  it('with a byte that was changed are believed up to the one it is in', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (values, at, change) => {
        const file = wire(values);
        const place = at % file.length;
        const changed = Buffer.from(file);
        changed[place] = (changed[place] ?? 0) ^ change;
        const { records: read, end } = decodeRecords(changed);
        assert.deepEqual(read, plain(values.slice(0, read.length)));
        assert.ok(wire(values.slice(0, read.length)).length <= place && end !== 'whole');
      }),
    );
  });

  it('are not made of what is none', () => {
    for (const line of ['\n', 'x\n', '00000000 \n', '00000000 {}\n', 'c826afc4{"a":"x\\n"}\n']) {
      assert.deepEqual(
        decodeRecords(Buffer.from(line)),
        { records: [], bytes: 0, end: 'damaged' },
        line,
      );
    }
  });
});
