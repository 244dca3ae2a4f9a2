import assert from 'node:assert/strict';
import { it } from 'node:test';
import { asksForEnd, causeOf, causeOfEnd } from './ending-cause.ts';

const term = { signal: 'SIGTERM', atMs: 1000, why: 'SIGTERM by root: x' };
const kill = { signal: 'SIGKILL', atMs: 13_400, why: 'SIGKILL by root: y' };

it('a cause names each signal that had to be sent, by whom, and how much later', () => {
  assert.equal(causeOf(null, []), null);
  assert.equal(causeOf(null, [term]), 'SIGTERM by root: x');
  assert.equal(
    causeOf(null, [term, kill]),
    'SIGTERM by root: x, then SIGKILL after 12 s by root: y',
  );
  const broken = 'lock broken by bo: z';
  assert.equal(
    causeOf(null, [
      { ...term, why: broken },
      { ...kill, why: broken },
    ]),
    `${broken}, then SIGKILL after 12 s`,
  );
  // How long ago the first was, only the run before knew.
  assert.equal(causeOf(term.why, [kill]), 'SIGTERM by root: x, then SIGKILL by root: y');
});

it('the cause of an end agrees with the signal that ended it', () => {
  assert.equal(causeOfEnd(null, [term], 'SIGTERM'), term.why);
  assert.equal(causeOfEnd(null, [term, kill], 'SIGTERM'), term.why);
  assert.equal(
    causeOfEnd(null, [term], 'SIGSEGV'),
    'SIGTERM by root: x, then SIGSEGV from outside the service',
  );
  assert.equal(
    causeOfEnd(term.why, [], 'SIGKILL'),
    'SIGTERM by root: x, then SIGKILL from outside the service',
  );
  assert.equal(causeOfEnd(term.why, [], 'SIGTERM'), term.why);
  assert.equal(causeOfEnd('the service stops', [], 'SIGKILL'), 'the service stops');
  assert.equal(causeOfEnd(null, [term, kill], null), term.why, 'it exited by itself');
  assert.equal(causeOfEnd(term.why, [kill], null), term.why);
  assert.equal(causeOfEnd(null, [], 'SIGKILL'), null, 'nobody has asked');
});

it('a signal that halts, resumes or informs asks for no end', () => {
  assert.deepEqual(['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGUSR1'].map(asksForEnd), [
    true,
    true,
    true,
    true,
  ]);
  assert.deepEqual(['SIGSTOP', 'SIGCONT', 'SIGWINCH'].map(asksForEnd), [false, false, false]);
});
