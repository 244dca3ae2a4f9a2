import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { RunningCommand, type CommandEnd } from './lock.test-support.ts';

async function run(stateDirectory: string, words: readonly string[]): Promise<CommandEnd> {
  using command = RunningCommand.hatchery(stateDirectory, ['lock', ...words]);
  return await command.ended();
}

describe('wrong usage', () => {
  it('ends with 2 and runs nothing', async () => {
    using directory = temporaryDirectory();
    for (const words of [
      [],
      ['a'],
      ['../a', '--', 'true'],
      ['.a', '--', 'true'],
      ['a', '--wait=-1', '--', 'true'],
      ['a', '--wait', 'soon', '--', 'true'],
      ['a', 'ls', '-l'],
    ]) {
      const { status, stderr } = await run(directory.path, words);
      assert.equal(status, 2, words.join(' '));
      assert.match(stderr, /^hatchery: lock: .*\n$/);
    }
  });

  it('of a directory that cannot be made is one line and exit 1', async () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'locks'), '');
    const { status, stderr } = await run(directory.path, ['a', '--', 'true']);
    assert.equal(status, 1);
    assert.match(stderr, /^hatchery: lock: E.*\n$/);
  });
});
