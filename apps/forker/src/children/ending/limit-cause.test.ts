import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limitCause } from '@hatchery/events';
import { limitOfSignal, lineForUser, outOfMemoryCause } from './limit-cause.ts';

describe('the cause of an ending by a limit', () => {
  it('is told to the user in words, and names the limit to the operator', () => {
    const cause = limitCause(
      'user_memory_bytes',
      '4 sessions of alice had 3200 MiB of memory and may have 1024 MiB',
    );
    assert.match(cause, /^limit user_memory_bytes: /);
    assert.equal(
      lineForUser(cause),
      'hatchery: 4 sessions of alice had 3200 MiB of memory and may have 1024 MiB (limit user_memory_bytes); do less at a time, or ask the operator of this service',
    );
    assert.match(lineForUser(outOfMemoryCause) ?? '', /^hatchery: this server ran out of memory/);
  });

  it('is read from the signals of setrlimit(2), and from no other', () => {
    assert.match(limitOfSignal('SIGXCPU') ?? '', /^limit cpu_s: /);
    assert.match(limitOfSignal('SIGXFSZ') ?? '', /^limit file_size_bytes: /);
    for (const signal of ['SIGKILL', 'SIGTERM', null]) assert.equal(limitOfSignal(signal), null);
  });

  it('of a session that an operator ended says so, without the reason, which may not be for the user', () => {
    for (const cause of [
      'SIGKILL by ops: the limit is reached',
      'SIGTERM by root: abuse, then SIGKILL after 5 s',
    ])
      assert.equal(
        lineForUser(cause),
        'hatchery: an operator ended this session; ask the operator of this service why before you try again',
      );
  });

  it('is none of an ending of another kind', () => {
    for (const cause of [
      'finished',
      'SIGTERM by ssh-gateway: the client left',
      'failed with exit code 1',
      'no limit cpu_s: x',
    ])
      assert.equal(lineForUser(cause), null, cause);
  });
});
