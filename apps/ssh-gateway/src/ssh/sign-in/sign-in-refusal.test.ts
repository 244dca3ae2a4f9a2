import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { signInRefusalOf } from './sign-in-refusal.ts';

test('only a refusal that no key could avoid is our fault', () => {
  assert.deepEqual(signInRefusalOf('keys-unavailable', 'ENOENT'), {
    reason: 'keys-unavailable',
    fault: 'system',
  });
  assert.deepEqual(signInRefusalOf('gateway', null), { reason: 'gateway', fault: 'system' });
  assert.deepEqual(signInRefusalOf('client', 'unknown key'), {
    reason: 'unknown-key',
    fault: 'client',
  });
  assert.deepEqual(signInRefusalOf('client', null), { reason: 'no-key', fault: 'client' });
  assert.deepEqual(signInRefusalOf('login-timeout', null), {
    reason: 'login-timeout',
    fault: 'client',
  });
});

test('a certificate’s own text is never a label', () => {
  const { reason } = signInRefusalOf(
    'client',
    'its critical option eve@example.com is not supported',
  );
  assert.equal(reason, 'certificate');
});

test('each reason that the policy gives for a plain key has its own label', () => {
  const source = readFileSync(new URL('../../auth/sign-in-policy.ts', import.meta.url), 'utf8');
  const reasons = [...source.matchAll(/'((?:the|unknown) [\w ]+)'/gi)].map(
    ([, words = '']) => words,
  );
  assert.ok(reasons.length >= 9, reasons.join());
  for (const words of reasons)
    assert.notEqual(signInRefusalOf('client', words).reason, 'certificate', words);
});
