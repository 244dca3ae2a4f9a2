import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { goldenMessages } from './golden-messages.test-support.ts';
import type { KeeperEvent } from './messages.ts';
import { eventKinds, readEvent } from './read-event.ts';

const events = goldenMessages('events').flatMap((row) =>
  'message' in row && !('wrong' in row) ? [row.message as KeeperEvent] : [],
);
const fromChildren = ['connected', 'log', 'lock', 'failed', 'condemned'];

/** Values that no field of that name may have, but for those of its own type. */
const odd = [
  undefined,
  null,
  true,
  -1,
  0.5,
  1e300,
  '',
  'relative',
  '/a\0',
  'a b',
  {},
  [],
  [null],
  'x'.repeat(70_000),
];

describe('readEvent', () => {
  it('takes one of each kind', () => {
    for (const event of events) assert.deepEqual(readEvent(JSON.stringify(event)), event);
  });

  it('takes none without one of its fields; a child’s costs itself alone', () => {
    for (const event of events)
      for (const field of Object.keys(event).filter((key) => key !== 'event')) {
        const heard = readEvent(JSON.stringify({ ...event, [field]: undefined }));
        assert.deepEqual(heard, { field, harmless: fromChildren.includes(event.event) });
      }
  });

  it('names the field that cannot be, or none where it is no message', () => {
    for (const { wrong, line, message } of goldenMessages('events').filter(
      (row) => row.wrong !== undefined,
    )) {
      const heard = readEvent(line ?? JSON.stringify(message));
      assert.ok(!('event' in heard), JSON.stringify(heard));
      assert.equal(heard.field ?? '', wrong);
    }
  });

  it('leaves out a kind that it does not know, and gives up the keeper for the rest', () => {
    for (const line of ['{"event":"more"}', '{"event":"__proto__"}', '{"event":"toString"}'])
      assert.deepEqual(readEvent(line), { field: null, harmless: true }, line);
    for (const line of [
      '',
      'x',
      'null',
      '1',
      '[]',
      '{}',
      '{"event":1}',
      '{"event":null}',
      '['.repeat(100_000),
    ]) {
      const heard = readEvent(line);
      assert.ok('harmless' in heard && !heard.harmless, line.slice(0, 40));
    }
  });

  it('shows each kind among the golden messages', () => {
    assert.deepEqual(
      [...new Set(events.map(({ event }) => event))].toSorted(),
      eventKinds.toSorted(),
    );
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
          if (!('event' in heard)) return;
          if (fromChildren.includes(heard.event) && 'id' in heard)
            assert.match(heard.id, /^[A-Za-z0-9._-]+$/);
          if (heard.event === 'started' || heard.event === 'exited')
            assert.ok(Number.isInteger(heard.pid) && heard.pid > 0);
          if (heard.event === 'exited') assert.ok(heard.status >= 0 && heard.status < 65_536);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
