import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { latin1 } from '../test-support/chunkings.ts';
import { quotedBytesMax } from './limits.ts';
import { quoteBytes, quoteText } from './quoted.ts';

/** What `repr(bytes)` (Python 3.11) gives, without the leading b. */
const quoted: readonly [bytes: string, text: string][] = [
  ['bogus\n', `'bogus\\n'`],
  ["it's\n", `"it's\\n"`],
  [`it's "x"\n`, `'it\\'s "x"\\n'`],
  ['say "x"\n', `'say "x"\\n'`],
  ['caf\xc3\xa9\t\0\x1b\x7f\\\r\n', `'caf\\xc3\\xa9\\t\\x00\\x1b\\x7f\\\\\\r\\n'`],
  ['\xff ~', `'\\xff ~'`],
];

for (const [bytes, text] of quoted) {
  test(`quotes ${JSON.stringify(bytes)} as Python does`, () =>
    assert.equal(quoteBytes(latin1(bytes)), text));
}

test('quotes a text as its bytes', () => assert.equal(quoteText('é'), "'\\xc3\\xa9'"));

test('shows the beginning of a long text and marks the cut', () => {
  assert.equal(quoteText('x'.repeat(quotedBytesMax)), `'${'x'.repeat(quotedBytesMax)}'`);
  assert.equal(quoteText('x'.repeat(quotedBytesMax + 1)), `'${'x'.repeat(quotedBytesMax)}'...`);
});

test('returns one bounded line of printable ASCII for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2 * quotedBytesMax }), (bytes) => {
      assert.match(quoteBytes(bytes), /^[ -~]*$/);
      assert.ok(quoteBytes(bytes).length <= 4 * quotedBytesMax + 5);
    }),
  );
});
