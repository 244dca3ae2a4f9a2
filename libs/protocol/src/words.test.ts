import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { UnencodableError, WordsError } from './errors.ts';
import { quoteWords, splitWords } from './words.ts';

/** What `/usr/bin/python3 -c 'import shlex; …shlex.split(text)'` (Python 3.11) gives. */
const split: readonly [text: string, words: string[]][] = [
  ['', []],
  ['   ', []],
  ['lp-serve --inet 3', ['lp-serve', '--inet', '3']],
  ['  a \t b\r\nc ', ['a', 'b', 'c']],
  ["''", ['']],
  ["a '' b", ['a', '', 'b']],
  ["'a b'", ['a b']],
  ['"a b"', ['a b']],
  [`a'b'"c"d`, ['abcd']],
  ['"a\\"b"', ['a"b']],
  ['"a\\\\b"', ['a\\b']],
  ['"a\\nb"', ['a\\nb']],
  [`"\\'"`, ["\\'"]],
  ["'a\\b'", ['a\\b']],
  ['a\\ b', ['a b']],
  ['\\\\', ['\\']],
  ["\\'", ["'"]],
  [`"'"`, ["'"]],
  [`'"'`, ['"']],
  ['# no comment', ['#', 'no', 'comment']],
  ['$HOME `x` $(y) * ~/x', ['$HOME', '`x`', '$(y)', '*', '~/x']],
  ['a;b|c&d>e', ['a;b|c&d>e']],
  ['a\u00a0b\u3000c\vd', ['a\u00a0b\u3000c\vd']],
  ['\ufeffx', ['\ufeffx']],
  ['\u{1f600}\\\u{1f600}', ['\u{1f600}\u{1f600}']],
  ['a\\\nb', ['a\nb']],
  ['"a\\\nb"', ['a\\\nb']],
  ["'a\nb'", ['a\nb']],
];

for (const [text, words] of split) {
  test(`splits ${JSON.stringify(text)} as Python does`, () =>
    assert.deepEqual(splitWords(text), words));
}

const unbalanced: readonly [text: string, code: string, message: string][] = [
  ["it's", 'no-closing-quotation', 'No closing quotation'],
  ['"a', 'no-closing-quotation', 'No closing quotation'],
  [`'a"`, 'no-closing-quotation', 'No closing quotation'],
  ['a "b c', 'no-closing-quotation', 'No closing quotation'],
  ['a\\', 'no-escaped-character', 'No escaped character'],
  ['"a\\', 'no-escaped-character', 'No escaped character'],
];

for (const [text, code, message] of unbalanced) {
  test(`refuses ${JSON.stringify(text)} as Python does`, () => {
    assert.throws(() => splitWords(text), { name: 'WordsError', code, message, fault: 'client' });
  });
}

const quoted: readonly [words: string[], text: string][] = [
  [[], ''],
  [['serve', '--inet', '--directory=/', '~x'], "serve --inet --directory=/ '~x'"],
  [['', 'a b', '$x', '#'], "'' 'a b' '$x' '#'"],
  [["it's"], `'it'"'"'s'`],
  [['ü'], "'ü'"],
  [['a\r'], "'a\r'"],
];

for (const [words, text] of quoted) {
  test(`quotes ${JSON.stringify(words)}`, () => assert.equal(quoteWords(words), text));
}

test('refuses to quote a word with a newline or a NUL', () => {
  assert.throws(
    () => quoteWords(['a', 'b\nc']),
    (error) => error instanceof UnencodableError && error.code === 'newline',
  );
  assert.throws(
    () => quoteWords(['a\0']),
    (error) => error instanceof UnencodableError && error.code === 'nul',
  );
});

const characters = fc.constantFrom(...`ab '"\\ \t\r#$~=ü\u{1f600}`);

test('splits what it quoted into the same words, on one line', () => {
  const word = fc
    .oneof(fc.string({ unit: characters }), fc.string({ unit: 'binary' }))
    .filter((text) => !/[\n\0]/.test(text));
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const text = quoteWords(words);
      assert.ok(!text.includes('\n'));
      assert.deepEqual(splitWords(text), words);
    }),
  );
});

test('throws nothing but a WordsError', () => {
  fc.assert(
    fc.property(fc.string({ unit: characters }), (text) => {
      try {
        splitWords(text);
      } catch (error) {
        assert.ok(error instanceof WordsError);
      }
    }),
  );
});
