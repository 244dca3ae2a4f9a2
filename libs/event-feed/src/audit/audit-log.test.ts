// Long: one suite over one log.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory, until } from '@hatchery/testkit';
import type { AuditBody, AuditEntry } from './audit-entry.ts';
import { AuditLog } from './audit-log.ts';
import { hourPath, removeOldHours } from './hours.ts';
import { refusalsPerMinuteMax } from './limits.ts';
import { readAudit } from './read-audit.ts';

const start = new Date('2026-11-21T09:58:00.000Z');
const ever = new Date(0);

const refused = (peer: string): AuditBody => ({
  kind: 'connection.refused',
  peer,
  reason: 'startups',
});
const signIn = (user: string): AuditBody => ({
  kind: 'sign-in.accepted',
  user,
  peer: '192.0.2.1:1',
  fingerprint: 'SHA256:x',
  certificate: null,
});

interface Bench extends Disposable {
  readonly directory: string;
  readonly log: AuditLog;
  readonly failures: string[];
  minute: number;
  entries(since?: Date): AuditEntry[];
}

function bench(part = 'ssh-gateway'): Bench {
  const { path: directory, [Symbol.dispose]: remove } = temporaryDirectory();
  const failures: string[] = [];
  const now = (): Date => new Date(start.getTime() + 60_000 * self.minute);
  const self = { minute: 0 } as Bench;
  const failed = (error: Error): void => void failures.push(error.message);
  const log = new AuditLog({ directory: join(directory, 'audit'), part, now, failed });
  return Object.assign(self, {
    directory: join(directory, 'audit'),
    log,
    failures,
    entries: (since = ever) => [
      ...readAudit({ directory: join(directory, 'audit'), since, damaged: assert.fail }),
    ],
    [Symbol.dispose]: () => {
      log[Symbol.dispose]();
      remove.call(undefined);
    },
  });
}

describe('AuditLog', () => {
  it('keeps entries in files of an hour that nobody else may read, and gives them newest first', () => {
    using audit = bench();
    audit.log.append(signIn('alice'));
    audit.minute = 1;
    audit.log.append(signIn('bob'));
    audit.minute = 2;
    audit.log.append(signIn('carol'));
    const users = audit.entries().map((entry) => entry.kind === 'sign-in.accepted' && entry.user);
    assert.deepEqual(users, ['carol', 'bob', 'alice']);
    const names = readdirSync(audit.directory).toSorted();
    assert.deepEqual(names, [
      'audit-2026-11-21T09.ssh-gateway.log',
      'audit-2026-11-21T10.ssh-gateway.log',
    ]);
    assert.equal(statSync(audit.directory).mode & 0o777, 0o700);
    for (const name of names)
      assert.equal(statSync(join(audit.directory, name)).mode & 0o777, 0o600);
    assert.deepEqual(audit.entries(new Date('2026-11-21T09:59:00.000Z')).length, 2);
  });

  it('joins what several parts and several runs of one have written', () => {
    using audit = bench();
    audit.log.append(signIn('alice'));
    const now = (): Date => new Date(start.getTime() + 1_000);
    using other = new AuditLog({
      directory: audit.directory,
      part: 'forker',
      now,
      failed: assert.fail,
    });
    using next = new AuditLog({
      directory: audit.directory,
      part: 'ssh-gateway',
      now,
      failed: assert.fail,
    });
    other.append({ kind: 'action.done', actionId: 'a', outcome: 'done' });
    next.append(signIn('bob'));
    audit.log.append(signIn('carol'));
    assert.deepEqual(
      audit
        .entries()
        .map(({ part }) => part)
        .toSorted(),
      ['forker', 'ssh-gateway', 'ssh-gateway', 'ssh-gateway'],
    );
  });

  it('keeps so many refusals of a minute, counts those above, and loses nothing else meanwhile', () => {
    using audit = bench();
    for (let number = 0; number < refusalsPerMinuteMax + 7; number += 1)
      audit.log.append(refused(`192.0.2.1:${number}`));
    audit.log.append(signIn('alice'));
    assert.equal(audit.entries().length, refusalsPerMinuteMax + 1);
    audit.minute = 1;
    audit.log.append(refused('192.0.2.2:1'));
    const [last, missing] = audit.entries();
    assert.ok(last?.kind === 'connection.refused' && last.peer === '192.0.2.2:1');
    assert.ok(missing?.kind === 'audit.missing');
    assert.deepEqual([missing.count, missing.reason], [7, 'too many refusals in a minute']);
  });

  it('goes on when the disk takes nothing, says so once, and counts what is missing when it does again', () => {
    using audit = bench();
    audit.log.append(signIn('alice'));
    audit.minute = 2;
    // A directory in the place of the next hour's file is refused to root, too.
    const next = hourPath(audit.directory, 'ssh-gateway', '2026-11-21T10');
    mkdirSync(next);
    audit.log.append(signIn('bob'));
    audit.log.append(signIn('carol'));
    assert.equal(audit.failures.length, 1);
    rmSync(next, { recursive: true });
    audit.log.append(signIn('dora'));
    const [dora, missing] = audit.entries();
    assert.ok(dora?.kind === 'sign-in.accepted' && dora.user === 'dora');
    assert.ok(missing?.kind === 'audit.missing');
    assert.deepEqual([missing.count, missing.reason], [2, 'the disk did not take them']);
  });

  it('takes so much of an hour and no more, whoever of two runs wrote it, and counts the rest in the next', () => {
    using audit = bench();
    const now = (): Date => new Date(start.getTime() + 60_000 * audit.minute);
    const failures: string[] = [];
    const failed = (error: Error): void => void failures.push(error.message);
    audit.log.append(signIn('alice'));
    const options = {
      directory: audit.directory,
      part: 'ssh-gateway',
      now,
      failed,
      hourBytesMax: 550,
    };
    using log = new AuditLog(options);
    for (const user of ['bob', 'carol', 'dora', 'eve']) log.append(signIn(user));
    assert.equal(audit.entries().length, 3);
    assert.deepEqual(failures, ['too much in an hour']);
    audit.minute = 2;
    log.append(signIn('frank'));
    const missing = audit.entries().find((entry) => entry.kind === 'audit.missing');
    assert.ok(missing?.kind === 'audit.missing');
    assert.deepEqual([missing.count, missing.reason], [2, 'too much in an hour']);
  });

  it('goes on in a directory that was taken away, with the next hour', () => {
    using audit = bench();
    rmSync(audit.directory, { recursive: true });
    audit.minute = 2;
    audit.log.append(signIn('alice'));
    assert.equal(audit.entries().length, 1);
    assert.equal(statSync(audit.directory).mode & 0o777, 0o700);
  });

  it('loses nothing and mixes no lines when an old and a new process write at the same time, and the old one is killed', async () => {
    using audit = bench();
    const writer = fileURLToPath(new URL('./audit-writer.test-support.ts', import.meta.url));
    const begin = (user: string): ChildProcess =>
      spawn(process.execPath, [writer, audit.directory, user], { stdio: 'pipe' });
    const [old, next] = [begin('old'), begin('next')];
    // While they write, the end of the file may be seen half written.
    const of = (user: string, damaged: (path: string) => void = () => {}): number[] =>
      [...readAudit({ directory: audit.directory, since: ever, damaged })].flatMap((entry) =>
        entry.kind === 'sign-in.accepted' && entry.user === user ? [Number(entry.peer)] : [],
      );
    await until('both to write', () => of('old').length > 100 && of('next').length > 100);
    const ended = new Promise((resolve) => old.once('exit', resolve));
    old.kill('SIGKILL');
    await ended;
    const before = of('next').length;
    await until('the other to write on', () => of('next').length > before);
    const nextEnded = new Promise((resolve) => next.once('exit', resolve));
    next.kill('SIGTERM');
    await nextEnded;
    for (const user of ['old', 'next']) {
      const numbers = of(user, assert.fail).toSorted((a, b) => a - b);
      assert.deepEqual(numbers, [...numbers.keys()]);
    }
  });

  it('is not started where it cannot write', () => {
    using directory = temporaryDirectory();
    writeFileSync(join(directory.path, 'audit'), '');
    const options = {
      directory: join(directory.path, 'audit'),
      part: 'x',
      now: () => start,
      failed: assert.fail,
    };
    assert.throws(() => new AuditLog(options), { code: 'EEXIST' });
  });

  it('removes what is older than ninety days, and the oldest hours while there is too much', () => {
    using audit = bench();
    for (const hour of ['2026-08-01T00', '2026-11-20T00', '2026-11-20T01'])
      writeFileSync(hourPath(audit.directory, 'forker', hour), 'x'.repeat(100));
    removeOldHours(audit.directory, start);
    assert.equal(readdirSync(audit.directory).length, 3);
    removeOldHours(audit.directory, start, 150);
    const names = readdirSync(audit.directory).toSorted();
    assert.deepEqual(names, [
      'audit-2026-11-20T01.forker.log',
      'audit-2026-11-21T09.ssh-gateway.log',
    ]);
  });
});

describe('readAudit', () => {
  it('passes over what is no entry and says so', () => {
    using audit = bench();
    audit.log.append(signIn('alice'));
    const path = hourPath(audit.directory, 'ssh-gateway', '2026-11-21T09');
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"at":"20\n\nnull\n{"at":1}\n`);
    writeFileSync(join(audit.directory, 'audit-notes.txt'), 'not ours');
    const damaged: string[] = [];
    const query = {
      directory: audit.directory,
      since: ever,
      damaged: (where: string) => void damaged.push(where),
    };
    assert.equal([...readAudit(query)].length, 1);
    assert.deepEqual(damaged, [path, path, path]);
  });

  it('passes over a line that was cut off, and keeps what another process wrote behind it', () => {
    using audit = bench();
    mkdirSync(audit.directory, { recursive: true });
    const path = hourPath(audit.directory, 'ssh-gateway', '2026-11-21T09');
    writeFileSync(
      path,
      '{"at":"2026-11-21T09:57:00.000Z","part":"ssh-gateway","kind":"sign-in.acc',
    );
    audit.log.append(signIn('{"at":"'));
    const damaged: string[] = [];
    const query = {
      directory: audit.directory,
      since: ever,
      damaged: (where: string) => void damaged.push(where),
    };
    assert.deepEqual(
      [...readAudit(query)].map((entry) => entry.kind === 'sign-in.accepted' && entry.user),
      ['{"at":"'],
    );
    assert.deepEqual(damaged, [path]);
  });

  it('tells of lines of another version, and shows all others', () => {
    using temporary = temporaryDirectory();
    const directory = temporary.path;
    const path = join(directory, 'audit-2026-01-01T00.forker.log');
    const at = '2026-01-01T00:00:00.000Z';
    const line = (format: number, count: number): string =>
      `${JSON.stringify({ format, at, part: 'forker', kind: 'audit.missing', count, reason: 'r' })}\n`;
    writeFileSync(path, `${line(1, 1)}{"format":2,"when":7}\n${line(2, 2)}${line(1, 3)}`);
    const told: (string | undefined)[] = [];
    const damaged = (_: string, trouble?: string): void => void told.push(trouble);
    const entries = [...readAudit({ directory, since: ever, damaged })];
    assert.deepEqual(
      entries.map((entry) => entry.kind === 'audit.missing' && entry.count).toSorted(),
      [1, 3],
    );
    assert.ok(entries.every((entry) => !('format' in entry)));
    assert.equal(told.length, 2);
    for (const trouble of told)
      assert.ok(trouble?.startsWith(`${path} is a line of the audit of version 2; this Hatchery`));
  });

  it('is empty where there is no audit', () => {
    assert.deepEqual(
      [...readAudit({ directory: '/nowhere/audit', since: ever, damaged: assert.fail })],
      [],
    );
  });
});
