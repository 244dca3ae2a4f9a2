import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newTestChild, testRusage } from '../forking/child.test-support.ts';
import { ChildRegistry, unknownStatus } from './registry.ts';

const at = new Date('2026-01-01T00:00:09.000Z');

const term = { signal: 'SIGTERM', atMs: 1000, why: 'SIGTERM by ops: runaway' };
const kill = { signal: 'SIGKILL', atMs: 13_000, why: 'the service stops' };

function registryWith(...ids: string[]): ChildRegistry {
  const registry = new ChildRegistry();
  for (const id of ids) registry.spawned(newTestChild({ id }), `/run/${id}`);
  return registry;
}

/** How a child's end is described, after the given steps. */
function endOf(
  status: number,
  steps: (registry: ChildRegistry) => void = () => undefined,
): [unknown, string] {
  const registry = registryWith('c1');
  steps(registry);
  const [{ exit, cause }] = registry.exited(
    { id: 'c1', status, known: true, rusage: testRusage },
    at,
  );
  return [exit, cause];
}

describe('ChildRegistry', () => {
  it('follows a child from its fork to its end', () => {
    const registry = new ChildRegistry();
    const child = newTestChild();
    assert.deepEqual(registry.spawned(child, '/run/c1'), [{ kind: 'child.spawned', child }]);
    assert.equal(registry.find('c1')?.directory, '/run/c1');
    assert.deepEqual(registry.connected('c1', at), [
      { kind: 'child.connected', id: 'c1', connectedAt: '2026-01-01T00:00:09.000Z' },
    ]);
    assert.equal(registry.find('c1')?.child.state, 'running');
    const exit = { code: 0, signal: null, status: 0 };
    assert.deepEqual(
      registry.exited({ id: 'c1', status: 0, known: true, rusage: testRusage }, at),
      [
        {
          kind: 'child.exited',
          id: 'c1',
          endedAt: at.toISOString(),
          exit,
          rusage: testRusage,
          cause: 'finished',
        },
      ],
    );
    assert.deepEqual([registry.size, registry.spawnedTotal], [0, 1]);
  });

  it('counts the children of each user', () => {
    const registry = new ChildRegistry();
    for (const [id, user] of [
      ['a', 'alice'],
      ['b', 'alice'],
      ['c', null],
    ] as const) {
      registry.spawned(newTestChild({ id, user }), '');
    }
    assert.deepEqual(
      [registry.countOf('alice'), registry.countOf(null), registry.countOf('bob')],
      [2, 1, 0],
    );
  });

  it('says of an ending why it came', () => {
    assert.deepEqual(endOf(0), [{ code: 0, signal: null, status: 0 }, 'finished']);
    assert.deepEqual(endOf(3 << 8), [
      { code: 3, signal: null, status: 768 },
      'failed with exit code 3',
    ]);
    assert.deepEqual(endOf(9), [
      { code: null, signal: 'SIGKILL', status: 9 },
      'killed by SIGKILL from outside the service',
    ]);
    assert.equal(endOf(14)[1], 'the client did not open the pipes in time');
  });

  it('does not blame the client for a SIGALRM once it has connected', () => {
    const [, cause] = endOf(14, (registry) => registry.connected('c1', at));
    assert.equal(cause, 'killed by SIGALRM from outside the service');
  });

  it('ends for what it was refused or failed of, the gravest first, when its status says so', () => {
    const refused = {
      kind: 'lock-held',
      verb: 'Branch.lock_write',
      path: '~a/b',
      cause: 'held by bob',
    } as const;
    const failed = {
      kind: 'disk',
      verb: 'Branch.set_tags_bytes',
      path: '~a/b',
      cause: 'the disk is full',
    } as const;
    const both = (registry: ChildRegistry): void => {
      assert.deepEqual(registry.failed('c1', refused), [
        { kind: 'child.failed', id: 'c1', failure: refused },
      ]);
      registry.failed('c1', failed);
      registry.failed('c1', refused);
    };
    assert.equal(endOf(74 << 8, both)[1], 'failed: disk: ~a/b: the disk is full');
    assert.equal(
      endOf(75 << 8, (registry) => registry.failed('c1', refused))[1],
      'refused: lock held: ~a/b: held by bob',
    );
    assert.equal(endOf(1 << 8, both)[1], 'failed with exit code 1');
    assert.equal(endOf(9, both)[1], 'killed by SIGKILL from outside the service');
    assert.deepEqual(registryWith().failed('c1', refused), []);
  });

  it('tells of the signal that ended a child, and of the one before it', () => {
    const [, cause] = endOf(9, (registry) => {
      assert.deepEqual(registry.stopping('c1', term), [
        { kind: 'child.stopping', id: 'c1', cause: 'SIGTERM by ops: runaway' },
      ]);
      assert.deepEqual(
        registry.stopping('c1', { ...term, atMs: 9000 }),
        [],
        'once more is no news',
      );
      assert.deepEqual(registry.stopping('c1', kill), [
        {
          kind: 'child.stopping',
          id: 'c1',
          cause: 'SIGTERM by ops: runaway, then SIGKILL after 12 s: the service stops',
        },
      ]);
    });
    assert.equal(cause, 'SIGTERM by ops: runaway, then SIGKILL after 12 s: the service stops');
  });

  it('does not say of one signal that it ended a child which another has', () => {
    assert.equal(
      endOf(9, (registry) => registry.stopping('c1', term))[1],
      `${term.why}, then SIGKILL from outside the service`,
    );
    const both = (registry: ChildRegistry): void =>
      [term, kill].forEach((sent) => registry.stopping('c1', sent));
    assert.equal(endOf(15, both)[1], term.why);
    assert.equal(endOf(143 << 8, both)[1], term.why, 'it took the first one and exited');
  });

  it('leaves a child that is being stopped stopping when its client still connects', () => {
    const registry = registryWith('c1');
    registry.stopping('c1', kill);
    assert.deepEqual(registry.connected('c1', at), []);
    assert.equal(registry.find('c1')?.child.state, 'stopping');
    assert.equal(registry.find('c1')?.child.connectedAt, at.toISOString());
  });

  it('invents no status for an end that nobody saw', () => {
    const registry = registryWith('c1');
    const [{ exit, cause }] = registry.exited(
      { id: 'c1', status: unknownStatus, known: false, rusage: null },
      at,
    );
    assert.deepEqual(exit, { code: null, signal: null, status: null });
    assert.equal(cause, 'unknown: the keeper died before it');
    assert.equal(unknownStatus, 65280);
  });

  it('publishes nothing for a child it does not know, or that has connected before', () => {
    const registry = registryWith('c1');
    assert.deepEqual([registry.connected('c2', at), registry.stopping('c2', term)], [[], []]);
    registry.connected('c1', at);
    assert.deepEqual(registry.connected('c1', at), []);
  });

  it('takes it for a mistake when a child is spawned twice, or ends without having been', () => {
    const registry = registryWith('c1');
    assert.throws(() => registry.spawned(newTestChild(), ''), /spawned twice/);
    assert.throws(
      () => registry.exited({ id: 'c2', status: 0, known: true, rusage: null }, at),
      /never spawned/,
    );
  });
});
