import assert from 'node:assert/strict';
import type { Outcome } from './run.ts';

/** The program must have succeeded; returns what it printed. */
export function assertDone({ code, signal, stdout, stderr }: Outcome): string {
  assert.equal(code, 0, `it ended with ${signal ?? `exit ${code}`}: ${stdout}${stderr}`);
  return stdout;
}

/** The program must have failed with this code and this message. */
export function assertRefused(
  { code, stdout, stderr }: Outcome,
  expectedCode: number,
  expected: RegExp,
): void {
  assert.match(stdout + stderr, expected);
  assert.equal(code, expectedCode, stdout + stderr);
}
