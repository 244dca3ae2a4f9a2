// Long: two commands, sessions and audit, over one recorded past that the suite builds once.
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { AuditBody } from '@hatchery/event-feed';
import { exampleLock } from '@hatchery/events/fixtures';
import { hatchery } from '../../test-support/terminal.ts';
import { audited, withState } from '../../test-support/past.ts';
import { readSelection } from './selection.ts';

const peer = '192.0.2.1:50022';

const ended = (user: string, at: number): AuditBody => ({
  kind: 'session.closed',
  sessionId: `s-${user}-${at}`,
  childId: 'c-1',
  pid: 42,
  user,
  peer,
  command: 'lp-serve',
  fingerprint: 'SHA256:x',
  branch: `~${user}/project/trunk`,
  lastedMs: 1500,
  phasesMs: { auth: 12 },
  bytes: { in: 12, out: 3_400_000, err: 0 },
  exit: at,
  reason: at === 0 ? 'finished' : 'client gone',
});

/** A gateway that gives one answer on its control socket. */
async function withGateway(
  state: string,
  answer: object,
  story: () => Promise<void>,
): Promise<void> {
  mkdirSync(join(state, 'run'), { recursive: true });
  const server = createServer((_request, response) => response.end(JSON.stringify(answer)));
  server.listen(join(state, 'run', 'gateway.sock'));
  await once(server, 'listening');
  try {
    await story();
  } finally {
    server.close();
  }
}

describe('hatchery sessions', () => {
  it('shows running and ended sessions, newest first', async () => {
    await withState(async (state, ask) => {
      audited(state, ended('bob', 0), ended('alice', 1), {
        kind: 'connection.refused',
        peer,
        reason: 'startups',
      });
      const running = {
        sessionId: 's-2',
        childId: 'c-2',
        user: 'alice',
        peer,
        command: 'lp-serve --inet alice',
        branch: '~alice/x',
        state: 'running',
        ageMs: 65_000,
        bytes: { in: 1, out: 1000, err: 0 },
      };
      await withGateway(
        state,
        { state: 'open', drainDeadline: null, sessions: [running] },
        async () => {
          const { code, stdout, said } = await ask('sessions');
          assert.deepEqual([code, said], [0, []]);
          const [head, ...rows] = stdout.trimEnd().split('\n');
          assert.match(head ?? '', /^STARTED +USER +PEER +BRANCH +LASTED +IN +OUT +END +SESSION$/);
          assert.match(
            rows[0] ?? '',
            / alice +192\.0\.2\.1:50022 +~alice\/x +1 min +1 B +1\.0 kB +running +s-2$/,
          );
          assert.match(
            rows[1] ?? '',
            / alice .* 1 s +12 B +3\.4 MB +exit 1, client gone +s-alice-1$/,
          );
          assert.match(rows[2] ?? '', / bob .* exit 0 +s-bob-0$/);
          assert.equal(rows.length, 3);
          const list = JSON.parse((await ask('sessions', '--json', '--user', 'alice')).stdout) as {
            state: string;
          }[];
          assert.deepEqual(
            list.map((session) => session.state),
            ['running', 'ended'],
          );
        },
      );
    });
  });

  it('shows a session whose change was refused as refused, with who and why, and never as exit 0', async () => {
    await withState(async (state, ask) => {
      const failed = (failure: 'lock-held' | 'internal', cause: string): AuditBody => ({
        kind: 'session.failed',
        childId: 'c-1',
        user: 'bob',
        peer,
        failure,
        cause,
        verb: 'Branch.lock_write',
        path: '~bob/project/trunk',
      });
      audited(
        state,
        failed('internal', 'of no account: it is of another kind than the exit status'),
        failed('lock-held', 'held by carol on h'),
        { ...ended('bob', 75), reason: 'finished' } as AuditBody,
      );
      const { stdout } = await ask('sessions');
      assert.match(stdout, / bob .* refused: lock held: held by carol on h +s-bob-75$/m);
      const [session] = JSON.parse((await ask('sessions', '--json')).stdout) as {
        failure: object;
      }[];
      assert.deepEqual(session?.failure, {
        kind: 'lock-held',
        path: '~bob/project/trunk',
        cause: 'held by carol on h',
      });
      const audit = (...words: string[]): Promise<string> =>
        ask('audit', ...words).then((told) => told.stdout);
      const line =
        / bob +refused: lock held, ~bob\/project\/trunk +192\.0\.2\.1:50022 +held by carol on h \(Branch\.lock_write\)$/m;
      assert.match(await audit('--kind', 'failure'), line);
      assert.match(await audit('--branch', '~bob/project', '--user', 'bob'), line);
      assert.doesNotMatch(await audit('--branch', '~bob/pro'), line);
    });
  });

  it('shows a session that failed before the fork service could record why', async () => {
    await withState(async (state, ask) => {
      audited(state, { ...ended('bob', 65), reason: 'finished' } as AuditBody);
      assert.match((await ask('sessions')).stdout, / bob .* failed: damaged data +s-bob-65$/m);
    });
  });

  it('shows ended sessions when nothing runs, and says that nothing does', async () => {
    await withState(async (state, ask) => {
      audited(state, ended('bob', 0));
      const { code, stdout, said } = await ask('sessions');
      assert.equal(code, 0);
      assert.deepEqual(said, ['no ssh gateway runs, so no session runs; ended sessions follow']);
      assert.match(stdout, / bob /);
      const { stdout: none } = await ask('sessions', '--user', 'nobody', '--since', '2026-11-20');
      assert.equal(
        none,
        'no session of nobody since 2026-11-20 00:00:00Z; --since looks further back\n',
      );
    });
  });

  it('shows as many and as old ones as requested', async () => {
    await withState(async (state, ask) => {
      audited(state, ...Array.from({ length: 9 }, (_, number) => ended('bob', number)));
      const count = async (...words: string[]): Promise<number> =>
        (JSON.parse((await ask('sessions', '--json', ...words)).stdout) as []).length;
      assert.equal(await count('--limit', '4'), 4);
      const { said } = await ask('sessions', '--limit', '4');
      assert.ok(said.includes('there may be more than these 4; --limit shows more'), said.join());
      assert.equal(await count('--since', '150s'), 3);
      assert.equal(await count('--since', '2020-01-01'), 9);
      assert.equal(await count('--since', '2999-01-01T00:00Z'), 0);
    });
  });

  it('skips damaged lines and says how many', async () => {
    await withState(async (state, ask) => {
      audited(state, ended('bob', 0));
      const hour = new Date().toISOString().slice(0, 13);
      appendFileSync(join(state, 'audit', `audit-${hour}.ssh-gateway.log`), 'half a li\n');
      const { stdout, said } = await ask('sessions');
      assert.match(stdout, / bob /);
      assert.match(said.join('\n'), /^1 damaged line of .*audit-.*\.log skipped$/m);
    });
  });
});

describe('hatchery audit', () => {
  const history: AuditBody[] = [
    {
      kind: 'sign-in.accepted',
      user: 'alice',
      peer,
      fingerprint: 'SHA256:a',
      certificate: 'laptop',
    },
    { kind: 'sign-in.refused', user: 'root', peer, fingerprint: 'SHA256:b', reason: 'no such key' },
    { kind: 'connection.refused', peer, reason: 'startups' },
    {
      kind: 'session.refused',
      user: 'alice',
      peer,
      reason: 'unknown-program',
      request: 'rm -rf \u001b[2J',
    },
    ended('alice', 0),
    {
      kind: 'action.requested',
      actionId: '1',
      actor: 'bo (cli)',
      verb: 'drain',
      target: 'forker',
      reason: 'a new disk',
    },
    { kind: 'action.done', actionId: '1', outcome: 'done' },
    {
      kind: 'action.requested',
      actionId: '2',
      actor: 'al',
      verb: 'signal SIGKILL',
      target: 'c-1',
      reason: 'runaway',
    },
    { kind: 'lock.broken', id: 'l-1', actor: 'bo', before: exampleLock('l-1') },
    { kind: 'audit.missing', count: 3, reason: 'the disk did not take them' },
  ];

  it('shows who was admitted, who was refused, and which actions had which outcome', async () => {
    await withState(async (state, ask) => {
      audited(state, ...history);
      const { code, stdout } = await ask('audit');
      assert.equal(code, 0);
      const rows = stdout.trimEnd().split('\n').slice(1);
      for (const [row, cells] of [
        [0, /-  +3 entries missing +- +the disk did not take them$/],
        [1, /bo +lock branch ~anna\/project\/l-1 \(l-1\) broken/],
        [2, /al +signal SIGKILL c-1 +- +runaway \(outcome unknown\)$/],
        [3, /bo \(cli\) +drain forker +- +a new disk \(done\)$/],
        [4, /alice +session refused +192\.0\.2\.1:50022 +unknown-program: rm -rf \\x1b\[2J$/],
        [5, /- +connection refused +192\.0\.2\.1:50022 +startups$/],
        [6, /root +sign-in refused +192\.0\.2\.1:50022 +no such key SHA256:b$/],
        [7, /alice +signed in +192\.0\.2\.1:50022 +SHA256:a laptop$/],
      ] as const)
        assert.match(rows[row] ?? '', cells);
      assert.equal(rows.length, 8);
    });
  });

  it('filters by kind and by person', async () => {
    await withState(async (state, ask) => {
      audited(state, ...history);
      const kindsOf = async (...words: string[]): Promise<string[]> =>
        (JSON.parse((await ask('audit', '--json', ...words)).stdout) as { kind: string }[]).map(
          ({ kind }) => kind,
        );
      assert.deepEqual(await kindsOf('--kind', 'sign-in'), ['sign-in.accepted']);
      assert.deepEqual(await kindsOf('--kind', 'refusal', '--limit', '2'), [
        'audit.missing',
        'session.refused',
      ]);
      assert.deepEqual(await kindsOf('--user', 'alice'), ['session.refused', 'sign-in.accepted']);
      assert.deepEqual(await kindsOf('--user', 'bo'), ['lock.broken', 'action.requested']);
      const told = JSON.parse((await ask('audit', '--json', '--user', 'bo')).stdout) as {
        outcome?: string;
      }[];
      assert.equal(told[1]?.outcome, 'done');
      assert.match(
        (await ask('audit', '--user', 'nobody')).stdout,
        /^no entry of nobody since .*Z; --since looks further back\n$/,
      );
    });
  });

  it('refuses invalid options', async () => {
    for (const [words, line] of [
      [
        ['audit', '--kind', 'all'],
        "audit: --kind takes sign-in, refusal, failure, action, not 'all'",
      ],
      [
        ['audit', '--since', 'yesterday'],
        'audit: --since takes an age as 30min, 2h or 3d, or a date',
      ],
      [
        ['audit', '--since', '2026-13-41'],
        'audit: --since takes an age as 30min, 2h or 3d, or a date',
      ],
      [['sessions', '--limit', '0'], "sessions: --limit takes a number from 1 to 1000000, not '0'"],
      [['sessions', '--limit', '1e3'], 'sessions: --limit takes a number'],
      [['sessions', '--user='], 'sessions: --user is empty'],
      [['sessions', 'all'], "sessions: 'all' is one word too many"],
    ] as const) {
      const { code, said } = await hatchery(...words);
      assert.equal(code, 2, words.join(' '));
      assert.ok(said[0]?.startsWith(line), said[0]);
    }
  });
});

describe('help', () => {
  it('explains how to write times, and the defaults', async () => {
    for (const [name, since] of [
      ['sessions', '1d'],
      ['audit', '1w'],
    ] as const) {
      const { code, stdout } = await hatchery(name, '--help');
      assert.equal(code, 0);
      assert.match(
        stdout,
        new RegExp(
          `^--since TIME  an age such as 30min, 2h or 3d, .* \\(default ${since}\\)$`,
          'm',
        ),
      );
      assert.match(stdout, /^--limit N {5}show the newest N at most \(default 50\)$/m);
    }
  });
});

describe('readSelection', () => {
  it('reads ages and dates, in UTC unless they say otherwise', () => {
    const now = new Date('2026-11-21T12:00:00.000Z');
    for (const [since, instant] of [
      ['90s', '2026-11-21T11:58:30.000Z'],
      ['30min', '2026-11-21T11:30:00.000Z'],
      ['2h', '2026-11-21T10:00:00.000Z'],
      ['3 d', '2026-11-18T12:00:00.000Z'],
      ['1w', '2026-11-14T12:00:00.000Z'],
      ['2026-11-20', '2026-11-20T00:00:00.000Z'],
      ['2026-11-20T09:30', '2026-11-20T09:30:00.000Z'],
      ['2026-11-20T09:30:01+02:00', '2026-11-20T07:30:01.000Z'],
    ] as const)
      assert.equal(
        readSelection({ since }, { since: '1d', limit: 1 }, now).since.toISOString(),
        instant,
        since,
      );
  });
});
