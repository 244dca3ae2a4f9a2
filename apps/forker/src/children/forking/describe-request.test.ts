import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forkRequest } from '@hatchery/protocol';
import { describeRequest } from './describe-request.ts';

const now = new Date('2026-01-01T00:00:00Z');

describe('describeRequest', () => {
  it('believes the gateway about user and peer', () => {
    const request = forkRequest(['rocks'], {
      HATCHERY_USER: 'alice',
      HATCHERY_PEER: '192.0.2.1:1',
    });
    assert.deepEqual(describeRequest(request, now), {
      user: 'alice',
      peer: '192.0.2.1:1',
      command: 'rocks',
      startedAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it("finds the user in the command of Launchpad's clients", () => {
    assert.equal(describeRequest(forkRequest(['lp-serve', '--inet', '12']), now).user, '12');
    assert.equal(describeRequest(forkRequest(['lp-serve', 'bob', '--inet']), now).user, 'bob');
  });

  it('cuts what is long, with a mark, and never in the middle of a character', () => {
    const long = 'x'.repeat(60_000);
    const { command, user, peer } = describeRequest(
      forkRequest([long], { HATCHERY_USER: long, HATCHERY_PEER: long }),
      now,
    );
    for (const text of [command, user, peer]) assert.equal(text, `${'x'.repeat(199)}…`);
    const whole = 'y'.repeat(200);
    assert.equal(describeRequest(forkRequest([whole], {}), now).command, whole);
    const emoji = describeRequest(
      forkRequest(['rocks'], { HATCHERY_USER: `${'z'.repeat(198)}😀😀` }),
      now,
    ).user;
    assert.equal(emoji, `${'z'.repeat(198)}…`);
  });

  it('knows no user for other commands, nor for a command without one', () => {
    for (const command of [
      ['rocks', 'bob'],
      ['lp-serve', '--inet'],
      ['serve', '--inet', 'x'],
    ]) {
      assert.equal(describeRequest(forkRequest(command), now).user, null, command.join(' '));
    }
  });
});
