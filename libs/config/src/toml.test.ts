import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readToml } from './toml.ts';

function problems(text: string): string[] {
  return readToml(text).problems.map(({ line, key, message }) => `${line} ${key}: ${message}`);
}

function paths(text: string): string[] {
  return readToml(text).entries.map(({ path, line }) => `${line} ${path}`);
}

describe('readToml', () => {
  it('returns every table and key with its line', () => {
    assert.deepEqual(paths('a = 1\n\n[t]\nb = "x" # why\nc.d = 2\n'), [
      '1 a',
      '3 t',
      '4 t.b',
      '5 t.c.d',
    ]);
  });

  it('counts lines alike with CRLF and characters beyond the first plane', () => {
    assert.deepEqual(paths('a = "😀"\r\n[t]\r\nb = 1\r\n'), ['1 a', '2 t', '3 t.b']);
  });

  it('keeps how a number was written', () => {
    assert.deepEqual(readToml('a = 0o660').entries[0]?.value, {
      kind: 'integer',
      value: 0o660,
      text: '0o660',
    });
  });

  it('continues after a line that is not TOML', () => {
    assert.deepEqual(paths('a = 1\nb = yes\nc = 3'), ['1 a', '3 c']);
  });
});

describe('readToml reports', () => {
  it('a repeated key with both lines, however it is written', () => {
    const message = 'is already there on line 1; keep one of the two';
    assert.deepEqual(problems('t.a = 1\nt.a = 2'), [`2 t.a: ${message}`]);
    assert.deepEqual(problems('t = { a = 1, a = 2 }'), [`1 t.a: ${message}`]);
    assert.deepEqual(problems('a = 1\na = 2\na = 3'), [`2 a: ${message}`, `3 a: ${message}`]);
  });

  it('a repeated table, and a key that is in both', () => {
    assert.deepEqual(problems('[t]\na = 1\n[t]\na = 2'), [
      '3 t: is already there on line 1; keep one of the two',
      '4 t.a: is already there on line 2; keep one of the two',
    ]);
  });

  it('a table that dotted keys already made', () => {
    assert.deepEqual(problems('t.a = 1\n[t]\nb = 2'), [
      '2 t: is already there; keep one of the two',
    ]);
  });

  it('a missing value on the line that lacks it', () => {
    assert.deepEqual(problems('[t]\na = # later\n\nb = 1'), ['2 t.a: has no value']);
    assert.deepEqual(problems('a ='), ['1 a: is not valid TOML: Unspecified values are invalid']);
  });

  it('a table header without its bracket on its line, and the errors after it', () => {
    const header = (name: string): string => `the table's header has no end: write ${name}`;
    assert.deepEqual(problems('a = 1\n[t\nb = yes\n[u # why\n'), [
      `2 null: ${header('[t]')}`,
      "3 t.b: is not valid TOML at 'yes': Unexpected character",
      `4 null: ${header('[u]')}`,
    ]);
    assert.deepEqual(problems('[t'), [`1 null: ${header('[t]')}`]);
    assert.deepEqual(problems('[[t.u\n\n# why\nb = 1\n'), [
      `1 null: ${header('[[t.u]]')}`,
      '1 t.u: is one table, not a list: write [t.u]',
    ]);
    assert.deepEqual(problems('[t\n[u]\nb = 1\n'), [`1 null: ${header('[t]')}`]);
    assert.deepEqual(problems('[t\r\nb = 1\r\n'), [`1 null: ${header('[t]')}`]);
    assert.deepEqual(paths('[t\nb = 1'), ['1 t', '2 t.b']);
  });

  it('a broken table header on its line, without guesses about what follows', () => {
    assert.deepEqual(problems('[t u]\nb = yes').length, 1);
    assert.match(problems('[t u]\nb = yes').join(), /^1 null: is not valid TOML at 'u\]'/);
  });

  it('an unfinished list as one problem', () => {
    assert.equal(problems('a = [1,\nb = 2\nc = 3').length, 1);
  });

  it('each of several bad lines', () => {
    assert.deepEqual(problems('a = "x\nb = 0660\nc = 1'), [
      '1 a: is not valid TOML: Unterminated string constant',
      "2 b: is not valid TOML at '0660': Leading zeros are not allowed",
    ]);
  });

  it('a binary file without taking long', () => {
    assert(problems('\0\n'.repeat(10_000)).length <= 100);
  });
});
