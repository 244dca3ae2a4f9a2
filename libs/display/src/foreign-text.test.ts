import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isShowable, masked, onOneLine, visible } from './foreign-text.ts';

const hostile = 'a\u001b[2J\nb\u009bc\u007f\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069';

test('what a terminal obeys is written out, in two or four hexadecimal digits', () => {
  assert.equal(
    visible(hostile),
    String.raw`a\x1b[2J\x0ab\x9bc\x7f\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069`,
  );
});

test('what people write stays as it is: accents, scripts from right to left, joined emoji', () => {
  for (const text of ['', 'Grüße', 'e\u0301', 'ابن سينا', 'プ/枝', '👩‍💻', 'a\u00adb']) {
    assert.equal(visible(text), text);
    assert.equal(masked(text, '?'), text);
    assert.equal(isShowable(text), true, text);
  }
});

test('each of them alone is enough to refuse a text', () => {
  for (const character of hostile.replace(/[a-c[2J]/g, '')) {
    const code = character.codePointAt(0)?.toString(16);
    assert.equal(isShowable(`x${character}y`), false, code);
    assert.equal(masked(`x${character}y`, '?'), 'x?y', code);
    assert.equal(onOneLine(` x${character}\t y `), 'x y', code);
  }
});

test('whatever comes in, what goes out is showable, and a second pass changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const shown of [visible(text), masked(text, ' '), masked(text, '?'), onOneLine(text)]) {
        assert.equal(isShowable(shown), true);
        assert.equal(visible(shown), shown);
      }
      assert.equal(masked(text, '?').length, text.length);
    }),
  );
});
