import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery } from '../../test-support/terminal.ts';

describe('hatchery read-only', () => {
  const wrong: readonly (readonly [words: string[], says: RegExp])[] = [
    [[], /on or off is missing/],
    [['maybe'], /on or off is expected, not 'maybe'/],
    [['on'], /--reason TEXT is missing: users who push read it/],
    [['on', '--reason', ''], /--reason TEXT is missing/],
    [['on', 'now', '--reason', 'x'], /'now' is one word too many/],
  ];
  for (const [words, says] of wrong)
    it(`refuses: ${['read-only', ...words].join(' ')}`, async () => {
      using state = temporaryDirectory();
      const { code, said } = await hatchery('read-only', ...words, '--state-dir', state.path);
      assert.equal(code, 2);
      assert.match(said.join(), says);
    });

  it('says how to start a service when none runs', async () => {
    using state = temporaryDirectory();
    const { code, said } = await hatchery('read-only', 'off', '--state-dir', state.path);
    assert.equal(code, 1);
    assert.match(said.join(), /no fork service answers on .*start one with/);
  });
});
