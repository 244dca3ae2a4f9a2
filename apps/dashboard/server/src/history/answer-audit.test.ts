import assert from 'node:assert/strict';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AuditLog, type AuditBody } from '@hatchery/event-feed';
import { temporaryDirectory } from '../../test-support/running-dashboard.ts';
import { answerAudit } from './answer-audit.ts';
import type { AuditFilter } from './query.ts';

const start = Date.parse('2026-11-21T09:59:59.000Z');
const all: AuditFilter = { from: 0, to: start * 2, kind: null, user: null, text: null };

const signIn = (user: string): AuditBody => ({
  kind: 'sign-in.accepted',
  user,
  peer: '192.0.2.1:1',
  fingerprint: 'SHA256:x',
  certificate: null,
});
const refusal = (user: string): AuditBody => ({
  kind: 'sign-in.refused',
  user,
  peer: '192.0.2.1:1',
  fingerprint: null,
  reason: 'unknown key',
});

/** Writes entries of parts, each `atMs` after {@link start}. */
function written(
  directory: string,
  entries: readonly (readonly [atMs: number, part: string, body: AuditBody])[],
): void {
  for (const [atMs, part, body] of entries) {
    using log = new AuditLog({
      directory,
      part,
      now: () => new Date(start + atMs),
      failed: assert.fail,
    });
    log.append(body);
  }
}

/** Reads pages of this many rows, to the end. */
function pages(
  directory: string,
  filter: AuditFilter,
  limit: number,
  readMax?: number,
): { who: unknown[]; pages: number } {
  const who: unknown[] = [];
  let count = 0;
  for (let after: string | null = null; ;) {
    const page: ReturnType<typeof answerAudit> = answerAudit(
      directory,
      filter,
      { limit, after },
      readMax,
    );
    who.push(...page.rows.map((row) => row['who']));
    count += 1;
    if ((after = page.next) === null) return { who, pages: count };
    assert.ok(count < 100, 'it comes to an end');
  }
}

test('the audit is read in pages, each entry once and the newest first, also within one instant and over an hour', () => {
  using directory = temporaryDirectory();
  const [same, hour] = [5_000, 3_600_000];
  written(directory.path, [
    [0, 'ssh-gateway', signIn('a')],
    [same, 'ssh-gateway', signIn('b')],
    [same, 'forker', signIn('c')],
    [same, 'dashboard', signIn('d')],
    [hour, 'ssh-gateway', signIn('e')],
    [2 * hour, 'ssh-gateway', signIn('f')],
  ]);
  const whole = answerAudit(directory.path, all, { limit: 100, after: null }).rows.map(
    (row) => row['who'],
  );
  assert.deepEqual(
    [whole.slice(0, 2), whole.slice(2, 5).toSorted(), whole.slice(5)],
    [['f', 'e'], ['b', 'c', 'd'], ['a']],
  );
  for (const limit of [1, 2, 3, 5])
    assert.deepEqual(pages(directory.path, all, limit).who, whole, `${limit} a page`);
  assert.deepEqual(
    answerAudit(directory.path, { ...all, to: start + hour }, { limit: 9, after: null }).rows
      .length,
    4,
  );
  assert.equal(
    answerAudit(directory.path, all, { limit: 9, after: '9999-99-99T99:99:99.999Z_1' }).rows.length,
    6,
  );
});

test('one answer looks through a limited number of entries, and the next continues there', () => {
  using directory = temporaryDirectory();
  const refusals = Array.from(
    { length: 20 },
    (_, n) => [n + 1, 'ssh-gateway', refusal(`r${n}`)] as const,
  );
  written(directory.path, [
    [0, 'ssh-gateway', signIn('alice')],
    ...refusals,
    [99, 'ssh-gateway', signIn('bob')],
  ]);
  const found = pages(directory.path, { ...all, kind: 'sign-in' }, 10, 7);
  assert.deepEqual(found, { who: ['bob', 'alice'], pages: 4 });
});

test('a much later outcome is shown with its action, also on its own page', () => {
  using directory = temporaryDirectory();
  const requested: AuditBody = {
    kind: 'action.requested',
    actionId: '1',
    actor: 'bo (cli)',
    verb: 'drain',
    target: 'forker',
    reason: 'upgrade',
  };
  written(directory.path, [
    [0, 'forker', requested],
    [10_000, 'ssh-gateway', signIn('eve')],
    [20 * 60_000, 'forker', { kind: 'action.done', actionId: '1', outcome: 'drained' }],
  ]);
  const { next } = answerAudit(directory.path, all, { limit: 1, after: null });
  const { rows } = answerAudit(directory.path, all, { limit: 1, after: next });
  assert.deepEqual(
    rows.map(({ who, what, why, kind }) => [who, what, why, kind]),
    [['bo (cli)', 'drain forker', 'upgrade (drained)', 'action']],
  );
  assert.equal(
    answerAudit(directory.path, { ...all, user: 'bo' }, { limit: 9, after: null }).rows.length,
    1,
  );
  assert.equal(
    answerAudit(directory.path, { ...all, text: 'DRAINED' }, { limit: 9, after: null }).rows.length,
    1,
  );
});

test('damaged lines are counted, and a missing audit is an empty one', () => {
  using directory = temporaryDirectory();
  assert.deepEqual(answerAudit(join(directory.path, 'none'), all, { limit: 9, after: null }), {
    rows: [],
    next: null,
    damaged: 0,
  });
  written(directory.path, [[0, 'forker', signIn('a')]]);
  const [file = ''] = readdirSync(directory.path);
  appendFileSync(join(directory.path, file), '{"at":"20\n');
  const { rows, damaged } = answerAudit(directory.path, all, { limit: 9, after: null });
  assert.deepEqual([rows.length, damaged], [1, 1]);
});
