import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isHoldersProcess, judge, type LockFacts } from './condition.ts';

const here = { boot: 'b1', pidNamespace: 'pid:[1]' };
const identity = { ...here, startTicks: 70 };
const info = { nonce: 'n', hostname: 'here', pid: 7, user: 'u', startTimeS: 1_000_000, identity };
const running = { startTime: 70, isOlder: true };
const facts: LockFacts = {
  info,
  session: null,
  ownHost: 'here',
  ownFile: true,
  here,
  process: running,
};
const conditionOf = (change: Partial<LockFacts>): string =>
  judge({ ...facts, ...change }).condition;

describe('a lock', () => {
  it('is held while its session or its process runs', () => {
    assert.deepEqual(judge({ ...facts, session: { state: 'running' } }), {
      condition: 'held',
      reasons: ['the session that took it runs'],
    });
    assert.equal(conditionOf({}), 'held');
    // A clock that was set does not make a process dead.
    assert.equal(conditionOf({ process: { startTime: 70, isOlder: false } }), 'held');
    assert.equal(conditionOf({ info: { ...info, identity: null } }), 'held');
  });

  it('is orphaned when its session has ended, however', () => {
    const { condition, reasons } = judge({ ...facts, session: { state: 'ended', how: 'SIGKILL' } });
    assert.deepEqual(
      [condition, reasons],
      ['orphaned', ['the session that took it has ended: SIGKILL']],
    );
  });

  it('is stale when its process is gone, of this boot and this pid namespace', () => {
    const { condition, reasons } = judge({ ...facts, process: null });
    assert.equal(condition, 'stale');
    assert.deepEqual(reasons, ['it was taken on this host by this user', 'process 7 is gone']);
  });

  it('is stale when another process has its pid by now', () => {
    const { condition, reasons } = judge({ ...facts, process: { startTime: 71, isOlder: true } });
    assert.equal(condition, 'stale');
    assert.match(reasons.join(), /has another start time/);
  });

  it('shows the process with its pid as the holder only where that is the holder’s', () => {
    const shown = (change: Partial<LockFacts>): boolean =>
      isHoldersProcess({ ...facts, ...change });
    const unnamed = { ...info, identity: null };
    assert.ok(shown({}));
    assert.ok(shown({ ownFile: false }));
    assert.ok(shown({ info: unnamed }));
    for (const change of [
      { info: { ...info, identity: { ...identity, pidNamespace: 'pid:[2]' } } },
      { info: { ...info, identity: { ...identity, boot: 'b2' } } },
      { info: { ...info, hostname: 'there' } },
      { info: { ...info, hostname: 'localhost' }, ownHost: 'localhost' },
      { info: { ...info, hostname: null } },
      { info: { corrupt: 'it is empty' } },
      { info: unnamed, process: { startTime: 70, isOlder: false } },
      { process: { startTime: 71, isOlder: true } },
      { process: null },
    ])
      assert.ok(!shown(change), JSON.stringify(change));
  });

  it('is unknown where this host cannot vouch for the death of its process', () => {
    const gone = { process: null };
    for (const [change, reason] of [
      [{ info: { ...info, identity: null } }, /does not say in which pid namespace/],
      [
        { info: { ...info, identity: { ...identity, boot: 'b2' } } },
        /before the last boot of this host, or on another/,
      ],
      [
        { info: { ...info, identity: { ...identity, pidNamespace: 'pid:[2]' } } },
        /in another pid namespace, pid:\[2\]/,
      ],
    ] as const) {
      for (const process of [null, running, { startTime: 71, isOlder: true }]) {
        if (process !== null && change.info.identity === null) continue;
        const { condition, reasons } = judge({ ...facts, ...gone, ...change, process });
        assert.equal(condition, 'unknown');
        assert.match(reasons.join('; '), reason);
      }
    }
    const late = judge({
      ...facts,
      info: { ...info, identity: null },
      process: { startTime: 70, isOlder: false },
    });
    assert.equal(late.condition, 'unknown');
    assert.match(late.reasons.join(), /nothing shows that it was there/);
  });

  it('that is unknown lists the tests that it passed, too', () => {
    assert.deepEqual(judge({ ...facts, info: { ...info, pid: null } }).reasons, [
      'it was taken on this host by this user',
      'it does not say by which process it was taken',
    ]);
    const { reasons } = judge({ ...facts, ownFile: false });
    assert.deepEqual(reasons, [
      'it was taken on this host by another user, whose processes may be hidden',
    ]);
  });

  it('is unknown when it cannot be known', () => {
    const dead = { process: null };
    assert.equal(conditionOf({ ...dead, info: { corrupt: 'its info file is empty' } }), 'unknown');
    assert.equal(conditionOf({ ...dead, info: { ...info, hostname: 'there' } }), 'unknown');
    assert.equal(conditionOf({ ...dead, info: { ...info, hostname: null } }), 'unknown');
    assert.equal(
      conditionOf({ ...dead, info: { ...info, hostname: 'localhost' }, ownHost: 'localhost' }),
      'unknown',
    );
    assert.equal(conditionOf({ ...dead, ownFile: false }), 'unknown');
    assert.equal(conditionOf({ ...dead, info: { ...info, pid: null } }), 'unknown');
  });
});

it('only a holder that is known to be dead makes a lock stale, and every condition has a reason', () => {
  const some = fc.record({
    info: fc.oneof(
      fc.constant({ corrupt: 'c' }),
      fc.record({
        nonce: fc.constant('n'),
        hostname: fc.constantFrom('here', 'there', 'localhost', null),
        pid: fc.constantFrom(7, null),
        user: fc.constant('u'),
        startTimeS: fc.option(fc.integer({ min: 0, max: 300 })),
        identity: fc.option(
          fc.record({
            boot: fc.constantFrom('b1', 'b2'),
            pidNamespace: fc.constantFrom('pid:[1]', 'pid:[2]'),
            startTicks: fc.constantFrom(70, 71),
          }),
        ),
      }),
    ),
    session: fc.constantFrom(
      null,
      { state: 'running' } as const,
      { state: 'ended', how: 'exit 0' } as const,
    ),
    ownHost: fc.constantFrom('here', 'localhost'),
    ownFile: fc.boolean(),
    here: fc.constant(here),
    process: fc.option(fc.record({ startTime: fc.constantFrom(70, 71), isOlder: fc.boolean() })),
  });
  fc.assert(
    fc.property(some, (one: LockFacts) => {
      const { condition, reasons } = judge(one);
      assert.ok(reasons.length > 0 && reasons.every((reason) => reason !== ''));
      if (condition !== 'stale') return;
      assert.ok(!('corrupt' in one.info) && one.session === null && one.ownFile);
      assert.ok(
        one.info.hostname === one.ownHost && one.ownHost !== 'localhost' && one.info.pid !== null,
      );
      const { identity: named } = one.info;
      assert.ok(named !== null && named.boot === 'b1' && named.pidNamespace === 'pid:[1]');
      assert.ok(one.process?.startTime !== named.startTicks);
    }),
  );
});
