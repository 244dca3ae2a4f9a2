import assert from 'node:assert/strict';
import { constants } from 'node:os';
import test from 'node:test';
import { exitStatusOf, readWaitStatus, signalStatusOf } from './wait-status.ts';

test('reads the statuses that protocol 1 names', () => {
  assert.deepEqual(readWaitStatus(256), { code: 1, signal: null, coreDumped: false });
  assert.deepEqual(readWaitStatus(14), { code: null, signal: 'SIGALRM', coreDumped: false });
});

test('reads and makes every exit code', () => {
  for (let code = 0; code <= 255; code += 1) {
    assert.deepEqual(readWaitStatus(exitStatusOf(code)), { code, signal: null, coreDumped: false });
    assert.equal(exitStatusOf(code), code * 256);
  }
});

test('reads a death by every signal, with and without a core dump', () => {
  for (let signal = 1; signal <= 126; signal += 1) {
    const { signal: name } = readWaitStatus(signal);
    assert.ok(name !== null);
    assert.deepEqual(readWaitStatus(signal), { code: null, signal: name, coreDumped: false });
    assert.deepEqual(readWaitStatus(signal + 128), { code: null, signal: name, coreDumped: true });
    assert.equal(signalStatusOf(name), signal);
    assert.equal(signalStatusOf(name, true), signal + 128);
  }
});

test('names the signals as Node does on this kernel', () => {
  for (let signal = 1; signal <= 31; signal += 1) {
    const name = readWaitStatus(signal).signal ?? '';
    assert.equal((constants.signals as Record<string, number | undefined>)[name], signal, name);
  }
});

test('names realtime and other signals by number', () => {
  const names = [32, 33, 34, 35, 64, 65, 126].map((signal) => readWaitStatus(signal).signal);
  assert.deepEqual(names, [
    'SIG32',
    'SIG33',
    'SIGRTMIN',
    'SIGRTMIN+1',
    'SIGRTMIN+30',
    'SIG65',
    'SIG126',
  ]);
});

test('a stopped or continued process has not ended', () => {
  const noEnding = { code: null, signal: null, coreDumped: false };
  assert.deepEqual(readWaitStatus(0x137f), noEnding);
  assert.deepEqual(readWaitStatus(0xffff), noEnding);
});

test('refuses a number that is no raw status', () => {
  for (const status of [-1, 65_536, 1.5, NaN, Infinity])
    assert.throws(() => readWaitStatus(status), RangeError);
});

test('refuses a number that is no exit code', () => {
  for (const code of [-1, 256, 1.5, NaN]) assert.throws(() => exitStatusOf(code), RangeError);
});

test('has no status for an unknown signal name', () => {
  for (const name of ['', 'KILL', 'sigkill', 'SIG0', 'SIGRTMIN+31', 'toString'])
    assert.equal(signalStatusOf(name), null);
});
