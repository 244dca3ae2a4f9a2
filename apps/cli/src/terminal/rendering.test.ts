import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { age } from '@hatchery/display';
import type { Child } from '@hatchery/events';
import { describeChildren } from '../sessions/children.ts';
import { describeStatus } from '../service/status.ts';
import { waitedFor } from '../service/stop-progress.ts';
import { signalName } from '../sessions/kill.ts';

const now = Date.parse('2026-01-01T00:02:05Z');
const child: Child = {
  id: 'c-1',
  pid: 42,
  startTime: 7,
  user: 'alice',
  peer: null,
  command: 'lp-serve --inet alice',
  state: 'running',
  startedAt: '2026-01-01T00:00:00Z',
  connectedAt: null,
  endedAt: null,
  exit: null,
  usage: null,
  rusage: null,
};

describe('what is shown', () => {
  it('has columns as wide as their cells', () => {
    assert.equal(
      describeChildren([child], now),
      'ID   PID  STATE    USER   AGE    CPU %  PRIVATE  COMMAND\n' +
        'c-1  42   running  alice  2 min  -      -        lp-serve --inet alice\n',
    );
  });

  it('is aligned where letters are wide, combined or made of several', () => {
    const users = ['プ/枝', 'e\u0301', '👩‍💻', 'x'].map((user) => ({ ...child, user }));
    const rows = describeChildren(users, now).split('\n').slice(1, 5);
    assert.deepEqual(
      rows.map((row) => row.slice(row.indexOf('running') + 9, row.indexOf('2 min'))),
      ['プ/枝  ', 'e\u0301      ', '👩‍💻     ', 'x      '],
    );
  });

  it('holds nothing that a terminal would obey', () => {
    const hostile = { ...child, command: 'a\u001b[2Jb\nc\u202e', user: '\u009bx' };
    for (const shown of [
      describeChildren([hostile], now),
      waitedFor([hostile], 300, now).join(''),
    ]) {
      assert.ok(shown.includes('a\\x1b[2Jb\\x0ac\\u202e') && shown.includes('\\x9bx'), shown);
      assert.doesNotMatch(shown.replaceAll('\n', ''), /\p{Cc}/u);
    }
  });

  it('shows a part that failed, with its error', () => {
    const parts = [
      {
        name: 'zygote',
        pid: null,
        state: 'failed',
        readySince: null,
        lastError: 'importing x',
        nextTryAt: null,
      },
    ] as const;
    const nothing = {
      draining: true,
      drainDeadline: null,
      readOnly: null,
      confinement: null,
      leftovers: null,
      version: '1',
    };
    const status = { parts, oldParts: [], children: [child], locks: [], ...nothing };
    const text = describeStatus(status);
    assert.match(text, /^zygote {2}failed {2}- +- +importing x$/m);
    assert.match(text, /^1 session, draining$/m);
    assert.doesNotMatch(text, /read-only/);
    const sum = {
      count: 2,
      bytes: 7e6,
      oldestAt: '2026-01-01T00:00:00Z',
      owners: [{ owner: '~a\u001b', bytes: 7e6 }],
    };
    assert.match(
      describeStatus({ ...status, leftovers: { ...sum, lookedAt: '2026-01-01T01:00:00Z' } }),
      /^left by killed sessions: 2 with 7\.0 MB of ~a\\x1b, the oldest since 2026-01-01T00:00:00Z/m,
    );
    assert.doesNotMatch(text, /left by/);
    const readOnly = { reason: 'a\u001b[2Jb', since: '2026-05-01T10:00:00.000Z', actor: 'ops' };
    assert.match(
      describeStatus({ ...status, children: [], draining: false, readOnly }),
      /^0 sessions\nread-only since 2026-05-01T10:00:00.000Z, by ops: a\\x1b\[2Jb\n$/m,
    );
    const confinement = { user: null, lacks: ['a user of their own', 'Landlock'] };
    assert.match(
      describeStatus({ ...status, confinement }),
      /\nsessions lack a user of their own\nsessions lack Landlock\n$/,
    );
    assert.match(
      describeStatus({ ...status, drainDeadline: '2026-01-01T00:00:00Z' }),
      /^1 session, draining; clients that are still there at 2026-01-01T00:00:00Z are disconnected$/m,
    );
  });

  it('names who a stop waits for, and nobody when there is none', () => {
    assert.deepEqual(waitedFor([], 300, now), []);
    assert.deepEqual(waitedFor([child], 300, now), [
      'waiting for 1 session, at most 300 s in all; hatchery stop --now ends them',
      '  alice: lp-serve --inet alice (pid 42, for 2 min, c-1)',
    ]);
  });

  it('tells ages in one unit, and a clock that went back as nothing', () => {
    const shown = [0, 59, 60, 3599, 3600, 86_399, 86_400, -5].map((seconds) =>
      age(0, 1000 * seconds),
    );
    assert.deepEqual(shown, ['0 s', '59 s', '1 min', '59 min', '1 h', '23 h', '1 d', '0 s']);
  });

  it('reads signals as kill(1) does, and refuses what is none', () => {
    for (const typed of ['TERM', 'SIGTERM', 'sigterm', '15'])
      assert.equal(signalName(typed), 'SIGTERM');
    for (const typed of ['', '0', '99', 'SIG', 'constructor'])
      assert.throws(() => signalName(typed), /is no signal/);
  });
});
