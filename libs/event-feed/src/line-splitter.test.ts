import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from './line-splitter.ts';

/** The lines of all pieces, in order. */
function split(pieces: readonly Buffer[], lineBytesMax = 1000): string[] {
  const splitter = new LineSplitter(lineBytesMax);
  return pieces.flatMap((piece) => splitter.push(piece));
}

describe('LineSplitter', () => {
  it('finds the same lines wherever the bytes are cut', () => {
    const bytes = Buffer.from('one\n\nthree €\nunfinished');
    for (let at = 0; at <= bytes.length; at += 1) {
      assert.deepEqual(
        split([bytes.subarray(0, at), bytes.subarray(at)]),
        ['one', '', 'three €'],
        `cut at ${at}`,
      );
    }
    assert.deepEqual(split(Array.from(bytes, (byte) => Buffer.of(byte))), ['one', '', 'three €']);
  });

  it('finds whatever lines were joined, in any pieces', () => {
    const line = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat({ max: 7 })), (lines, lengths) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const pieces: Buffer[] = [];
        let start = 0;
        for (const length of lengths) pieces.push(bytes.subarray(start, (start += length)));
        pieces.push(bytes.subarray(start));
        assert.deepEqual(split(pieces), lines);
      }),
    );
  });

  it('takes a line as long as the limit', () => {
    const splitter = new LineSplitter(4);
    assert.deepEqual(splitter.push(Buffer.from('four\nfour\n')), ['four', 'four']);
    assert.equal(splitter.overflow, false);
  });

  it('gives up at a longer one, with the lines before it and none after', () => {
    const splitter = new LineSplitter(4);
    assert.deepEqual(splitter.push(Buffer.from('four\nfives\nsix\n')), ['four']);
    assert.equal(splitter.overflow, true);
    assert.deepEqual(splitter.push(Buffer.from('\nsix\n')), []);
  });

  it('does not wait for the end of a line that is too long', () => {
    const splitter = new LineSplitter(4);
    splitter.push(Buffer.from('12'));
    assert.equal(splitter.overflow, false);
    splitter.push(Buffer.from('345'));
    assert.equal(splitter.overflow, true);
  });
});
