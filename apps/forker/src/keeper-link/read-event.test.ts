import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { KeeperEvent } from './messages.ts';
import { readEvent } from './read-event.ts';

const details = { user: 'alice', peer: null, command: 'rocks', startedAt: '2026-05-01T10:00:00.000Z' };
const counts = {
  minorFaults: 0,
  majorFaults: 0,
  inBlocks: 0,
  outBlocks: 0,
  voluntarySwitches: 0,
  involuntarySwitches: 0,
};
const rusage = { userMs: 1.5, systemMs: 0, maxRssBytes: 4096, ...counts };
const directory = '/run/h/lp-forking-service-child-a';

/** One of each kind. */
const events: readonly KeeperEvent[] = [
  { event: 'hello', pid: 7, children: [{ id: 'a', pid: 8, directory, connected: true, details }], answersPings: true },
  { event: 'alive' },
  { event: 'zygote.ready', pid: 9, modules: 400, startedInMs: 120, tried: false },
  {
    ...{ event: 'zygote.failed', step: 'importing x', message: 'no x', stderr: ['no x'], attempts: 1 },
    ...{ failedAtMs: 1, retryInMs: 500, servingPid: null },
  },
  { event: 'zygote.rejected', step: 'importing x', message: 'no x', stderr: [] },
  { event: 'zygote.died', status: 9, cause: null },
  { event: 'zygote.none', tried: true },
  { event: 'started', id: 'a', pid: 8, directory },
  { event: 'refused', id: 'a', reason: 'the zygote does not start' },
  { event: 'connected', id: 'a' },
  { event: 'exited', id: 'a', pid: 8, directory, status: 256, rusage, leftBehind: false, details },
  { event: 'log', id: 'a', text: 'Traceback\n' },
  { event: 'lock', id: 'a', action: 'acquired', path: '/srv/~a/p/lock', nonce: 'n', atS: 1.5, lost: 0 },
  { event: 'failed', id: 'a', kind: 'disk', verb: 'Branch.unlock', path: '~a/b', cause: 'full', traceback: '' },
  { event: 'condemned', id: 'a', reason: 'it sent descriptors' },
  { event: 'signalled', id: 'a', sent: true },
];

const fromChildren = ['connected', 'log', 'lock', 'failed', 'condemned'];
const optional = ['readyAtMs', 'answersPings', 'cause'];

/** Values that no field of that name may have, but for those of its own type. */
const odd = [undefined, null, true, -1, 0.5, 1e300, '', 'relative', '/a\0', 'a b', {}, [], [null], 'x'.repeat(70_000)];

describe('readEvent', () => {
  it('takes one of each kind', () => {
    for (const event of events) assert.deepEqual(readEvent(JSON.stringify(event)), event);
  });

  it('takes none without one of its fields; a child’s costs itself alone', () => {
    for (const event of events)
      for (const name of Object.keys(event).filter((key) => key !== 'event' && !optional.includes(key))) {
        const line = JSON.stringify({ ...event, [name]: undefined });
        assert.equal(readEvent(line), fromChildren.includes(event.event) ? 'unbelieved' : 'nonsense', line);
      }
  });

  it('takes no pid, status, id or path that cannot be', () => {
    const wrong = [
      { ...events[7], pid: 0 },
      { ...events[7], pid: -5 },
      { ...events[7], id: '../a' },
      { ...events[7], id: 'a\nb' },
      { ...events[7], directory: 'run' },
      { ...events[10], status: 65_536 },
      { ...events[10], rusage: { ...rusage, userMs: -1 } },
      { ...events[10], details: { ...details, startedAt: 'yesterday' } },
    ];
    for (const message of wrong) assert.equal(readEvent(JSON.stringify(message)), 'nonsense', JSON.stringify(message));
  });

  it('leaves out a kind that it does not know, and calls the rest nonsense', () => {
    for (const line of ['{"event":"more"}', '{"event":"__proto__"}', '{"event":"toString"}'])
      assert.equal(readEvent(line), 'unbelieved', line);
    for (const line of ['', 'x', 'null', '1', '[]', '{}', '{"event":1}', '{"event":null}', '['.repeat(100_000)])
      assert.equal(readEvent(line), 'nonsense', line.slice(0, 40));
  });

  it('throws at nothing, and lets nothing through that is not of its kind', () => {
    const field = fc.constantFrom(
      'id',
      'pid',
      'status',
      'path',
      'text',
      'children',
      'details',
      'rusage',
      'event',
      'atS',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...events),
        field,
        fc.oneof(fc.constantFrom(...odd), fc.jsonValue()),
        (event, name, value) => {
          const heard = readEvent(JSON.stringify({ ...event, [name]: value }));
          if (typeof heard === 'string') return;
          if (fromChildren.includes(heard.event) && 'id' in heard) assert.match(heard.id, /^[A-Za-z0-9._-]+$/);
          if (heard.event === 'started' || heard.event === 'exited')
            assert.ok(Number.isInteger(heard.pid) && heard.pid > 0);
          if (heard.event === 'exited') assert.ok(heard.status >= 0 && heard.status < 65_536);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
