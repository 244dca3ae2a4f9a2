import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { formats, type FormatName } from './formats.ts';
import { FormatError, requireVersion, versionTrouble, withVersion } from './version.ts';

const decision = new URL('../../../docs/decisions/0057-versions-of-formats.md', import.meta.url);
const names = Object.keys(formats) as FormatName[];

describe('the version of a format', () => {
  it('stands first in what is written, and is taken when it is read', () => {
    for (const name of names) {
      const { format, ...rest } = withVersion(name, { a: 1 });
      assert.deepEqual(Object.keys(withVersion(name, { a: 1 })), ['format', 'a']);
      assert.deepEqual(rest, { a: 1 });
      assert.doesNotThrow(() => requireVersion(name, '/x', format));
    }
  });

  it('that is not known is refused with the place, both versions and the remedy', () => {
    assert.equal(
      versionTrouble('partHalt', '/run/parts/forker.halt', 2),
      '/run/parts/forker.halt is a record of a part that does not run of version 2; ' +
        'this Hatchery reads version 1; ' +
        'run the Hatchery that wrote it, or remove the file and run hatchery start',
    );
    for (const found of [0, 2, '1', null, [1], {}, true, undefined, NaN]) {
      for (const name of names) assert.throws(() => requireVersion(name, '/x', found), FormatError);
    }
    assert.match(
      versionTrouble('feed', 'it', undefined) ?? '',
      /^it is a feed of events without a version;/,
    );
  });

  it('of each format is explained in the decision, with its name and number', () => {
    const text = readFileSync(decision, 'utf8');
    for (const name of names) {
      const row = text.split('\n').find((line) => line.includes(`\`${name}\``));
      assert.ok(row !== undefined, `${name} in the table of decision 0057`);
      assert.ok(
        row.split('|').some((cell) => cell.trim() === String(formats[name].version)),
        name,
      );
    }
  });
});
