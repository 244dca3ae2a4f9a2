import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { heldInfoCharactersMax, readHeldInfo } from './held-info.ts';

const usual =
  'hostname: vm\nnonce: 0a1b2c3d4e5f6g7h8i9j\npid: 12345\nstart_time: 1700000000\nuser: Alice <alice@example.invalid>\n';

describe('an info file', () => {
  it('is read as Breezy writes it', () => {
    assert.deepEqual(readHeldInfo(usual), {
      hostname: 'vm',
      nonce: '0a1b2c3d4e5f6g7h8i9j',
      pid: 12345,
      startTimeS: 1700000000,
      user: 'Alice <alice@example.invalid>',
      identity: null,
    });
  });

  it('identifies its process for good where a session of hatchery wrote it, wholly or not at all', () => {
    const lines = [
      'boot: 26ea41fb-6afe-467a-b6b9-e7b9fe9f2a72\n',
      'pid_namespace: pid:[4026531836]\n',
      'start_ticks: 178767\n',
    ];
    const identityOf = (text: string): unknown =>
      (readHeldInfo(text) as { identity?: unknown }).identity;
    assert.deepEqual(identityOf(usual + lines.join('')), {
      boot: '26ea41fb-6afe-467a-b6b9-e7b9fe9f2a72',
      pidNamespace: 'pid:[4026531836]',
      startTicks: 178767,
    });
    for (const left of lines)
      assert.equal(identityOf(usual + lines.filter((line) => line !== left).join('')), null);
  });

  it('is read in every form in which PyYAML writes a text', () => {
    const users: readonly (readonly [string, string])[] = [
      ["'it''s: me <me@example.invalid>'", "it's: me <me@example.invalid>"],
      ['"J\\xF6rg \\u0160 \\U0001F600 \\"x\\""', 'Jörg Š 😀 "x"'],
      [
        'A very long name that goes on\n  and on <a@example.invalid>',
        'A very long name that goes on and on <a@example.invalid>',
      ],
      ['"A folded \\xE9\n  and on\\\n  \\ after"', 'A folded é and on after'],
    ];
    for (const [written, user] of users) {
      const info = readHeldInfo(`nonce: '12345678901234567890'\nuser: ${written}\n`);
      assert.ok(!('corrupt' in info), written);
      assert.deepEqual([info.user, info.nonce], [user, '12345678901234567890']);
    }
  });

  it('is invalid when a value is no scalar', () => {
    for (const text of ['host: {[', 'pid: [1, 2]', 'user: *anchor', 'nonce: !tag x'])
      assert.deepEqual(readHeldInfo(text), { corrupt: 'its info file is corrupt' }, text);
  });

  it('has null for what was not written, or is no number', () => {
    const nothing = {
      hostname: null,
      nonce: null,
      pid: null,
      startTimeS: null,
      identity: null,
      user: null,
    };
    assert.deepEqual(readHeldInfo('other: thing\n'), nothing);
    assert.deepEqual(
      readHeldInfo('pid: -1\nstart_time: soon\nnonce: null\nuser: ""\nhostname:\n'),
      nothing,
    );
  });

  it('that is empty, cut off, binary or endless is reported as such', () => {
    assert.deepEqual(readHeldInfo(''), { corrupt: 'its info file is empty' });
    assert.deepEqual(readHeldInfo(' \n'), { corrupt: 'its info file is empty' });
    for (const text of [
      'hostna',
      'user: "open\n',
      "user: 'open\n",
      'pid: \0\0\0',
      '\0'.repeat(100),
      '- list\n',
      '{}',
    ]) {
      assert.deepEqual(
        readHeldInfo(text),
        { corrupt: 'its info file is corrupt' },
        JSON.stringify(text),
      );
    }
    const endless = `user: ${'x'.repeat(heldInfoCharactersMax)}`;
    assert.deepEqual(readHeldInfo(endless), { corrupt: 'its info file is too long' });
  });

  it('never throws, whatever is in it', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readHeldInfo(text)));
    fc.assert(
      fc.property(
        fc.string(),
        fc.nat(200),
        (text, at) => void readHeldInfo(usual.slice(0, at) + text),
      ),
    );
  });
});
