import assert from 'node:assert/strict';
import { it } from 'node:test';
import { drainLine, readDrainReason, withDrainReason } from './drain-reason.ts';

it('the reason of a drain is one line that obeys nobody, and is cut', () => {
  assert.equal(readDrainReason('new disks'), 'new disks');
  assert.equal(readDrainReason(' a\r\nb\x1b[2J\u2028c '), 'a b [2J c');
  assert.match(readDrainReason('x'.repeat(5000)) ?? '', /^x{159}…$/);
});

it('where nobody has said why, there is none', () => {
  for (const none of ['', ' \n', 'not said', undefined, null, 7, {}])
    assert.equal(readDrainReason(none), null);
});

it('stands between what is so and what to do', () => {
  assert.equal(
    withDrainReason(['no new session', '; try again'], 'new disks'),
    'no new session: new disks; try again',
  );
  assert.equal(
    withDrainReason(['no new session', '; try again'], null),
    'no new session; try again',
  );
});

it('every part says the same of a drain', () => {
  assert.equal(
    drainLine('session', null),
    'the service is being drained and takes no new session; try again in a minute',
  );
  assert.equal(
    drainLine('connection', 'new disks'),
    'the service is being drained and takes no new connection: new disks; try again in a minute',
  );
});
