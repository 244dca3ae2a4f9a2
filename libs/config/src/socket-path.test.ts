import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultRuntimeDirectory } from './socket-path.ts';

const long = `/${'x'.repeat(79)}`;

describe('defaultRuntimeDirectory', () => {
  it('stays in the state directory as long as a socket fits there', () => {
    assert.equal(defaultRuntimeDirectory(`/${'x'.repeat(78)}`, 0), `/${'x'.repeat(78)}/run`);
  });

  it('counts bytes, not characters', () => {
    assert.match(defaultRuntimeDirectory(`/${'é'.repeat(40)}`, 0), /^\/run\/hatchery-/);
  });

  it('differs for another state directory or user, and is the same each time', () => {
    const all = [
      defaultRuntimeDirectory(long, 0),
      defaultRuntimeDirectory(`${long}2`, 0),
      defaultRuntimeDirectory(long, 7),
      defaultRuntimeDirectory(long, 8),
    ];
    assert.equal(new Set(all).size, 4);
    assert.equal(defaultRuntimeDirectory(long, 7), all[2]);
  });
});
