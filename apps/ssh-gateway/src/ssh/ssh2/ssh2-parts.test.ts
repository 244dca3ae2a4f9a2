import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

test('ssh2 is the version whose private parts are in use; for another one go through docs/decisions/0006-extending-ssh2.md', () => {
  const { version } = createRequire(import.meta.url)('ssh2/package.json') as { version: string };
  assert.equal(version, '1.17.0');
});
